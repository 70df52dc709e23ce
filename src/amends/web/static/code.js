// Looks up an award by its receipt code, here in the browser (docs/formats/claims.md). It stands behind
// the library of check.html and uses its bytes, its JSON and its check. The code is sent nowhere: only
// files are fetched, of the same number and sizes for every code, also for one that opens nothing.
const SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", LOG = "../log/";
const SHOWN = ["award", "case", "categories", "currency"], HIDDEN = ["idno", "name", "phone"];
const STATES = ["promised", "sent", "settled", "returned", "needs_person", "disputed", "waived", "open"];

const wide = (value, size) => unhex(value.toString(16).padStart(2 * size, "0"), size); // of a BigInt
async function keyed(key, hash, ...parts) { // HMAC (RFC 2104)
  const made = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", made, bytes(...parts)));
}

// The code.
async function codeOf(text, origin) {
  let symbols = text.normalize("NFKC").toUpperCase().replace(/[OIL]/g, (one) => one === "O" ? "0" : "1");
  symbols = symbols.replace(/[\s\p{Pd}\p{Cf}_.,·•、。−ー一]/gu, "");
  if (symbols.length === 30 && symbols.startsWith("AMC1")) symbols = symbols.slice(4);
  need(symbols, "empty");
  need([...symbols].every((one) => SYMBOLS.includes(one)), "symbols");
  need(symbols.length === 21 || symbols.length === 26, "short");
  const value = [...symbols].reduce((sum, one) => sum << 5n | BigInt(SYMBOLS.indexOf(one)), 0n);
  if (symbols.length === 21) {
    need((value >> 5n) % 37n === (value & 31n), "wrong");
    return wide(value >> 5n, 13);
  }
  const code = value >> 28n;
  need(code < 1n << 100n, "wrong");
  const digest = await sha256("amends/claim/scan/v1\0", origin, "\0", wide(code, 13));
  need(big(digest.slice(0, 4)) >> 4n === (value & 0xfffffffn), "wrong");
  return wide(code, 13);
}

// The published files.
const fetched = new Map();
function file(path) {
  if (!fetched.has(path)) fetched.set(path, fetch(LOG + path, { credentials: "omit" }).then(async (answer) => {
    need(answer.ok, "missing", path);
    return new Uint8Array(await answer.arrayBuffer());
  }));
  return fetched.get(path);
}
const digits = (number) => String(number).padStart(3, "0");
function tile(kind, number, width) { // C2SP tlog-tiles
  const parts = [digits(number % 1000)];
  for (number = Math.floor(number / 1000); number; number = Math.floor(number / 1000))
    parts.unshift(`x${digits(number % 1000)}`);
  return file(`tile/${kind}/${parts.join("/")}${width === 256 ? "" : `.p/${width}`}`);
}
async function entryAt(index, size) {
  const number = Math.floor(index / 256), data = await tile("entries", number, Math.min(256, size - 256 * number));
  let at = 0;
  for (let left = index % 256; left; left -= 1) at += 2 + Number(big(data.slice(at, at + 2)));
  return data.slice(at + 2, at + 2 + Number(big(data.slice(at, at + 2))));
}
async function rootOf(first, end, size) { // over the entries from first to before end (RFC 6962 §2.1)
  const count = end - first;
  if (count === 1 || ((count & (count - 1)) === 0 && first % count === 0)) {
    const level = Math.floor(Math.log2(count) / 8), span = 256 ** level;
    const index = Math.floor(first / span), width = Math.max(1, Math.floor(count / span));
    const there = Math.min(256, Math.floor(size / span) - index + index % 256);
    const data = await tile(String(level), Math.floor(index / 256), there);
    let hashes = Array.from({ length: width }, (_, at) => data.slice(32 * (index % 256 + at), 32 * (index % 256 + at) + 32));
    while (hashes.length > 1) hashes = await Promise.all(Array.from({ length: hashes.length / 2 },
      (_, at) => sha256("\x01", hashes[2 * at], hashes[2 * at + 1])));
    return hashes[0];
  }
  let split = 1;
  while (split * 2 < count) split *= 2;
  return sha256("\x01", await rootOf(first, first + split, size), await rootOf(first + split, end, size));
}
async function pathOf(index, size) { // its inclusion proof (RFC 6962 §2.1.1)
  const steps = [];
  for (let first = 0, end = size; end - first > 1;) {
    let split = 1;
    while (split * 2 < end - first) split *= 2;
    const middle = first + split;
    steps.unshift(await (index < middle ? rootOf(middle, end, size) : rootOf(first, middle, size)));
    if (index < middle) end = middle; else first = middle;
  }
  return steps;
}

// What a code opens.
async function opening(code, origin, about, size, epoch, looks) {
  const made = await keyed(bytes("amends/claim/v1\0", origin), "SHA-512", code), root = made.slice(0, 32);
  const spread = big(made.slice(32, 40)), buckets = BigInt(about.buckets), number = Number(spread % buckets);
  const data = await file(`claims/${digits(Math.floor(number / 1000))}/${digits(number % 1000)}`);
  const publication = unsigned(about.publication, 4);
  const here = bytes("amends claims v1", publication, unsigned(number, 4), unsigned(0, 8));
  need(data.length === 32768 && hex(data.slice(0, 32)) === hex(here), "bucket");
  const slots = Array.from({ length: 186 }, (_, at) => data.slice(32 + 176 * at, 208 + 176 * at));
  const part = async (which) => {
    const label = bytes("amends/slot/v1", publication, [which]);
    const tags = await Promise.all(slots.map((one) => keyed(root, "SHA-256", label, [5], one.slice(16))));
    const found = slots.filter((one, at) => hex(tags[at].slice(0, 16)) === hex(one.slice(0, 16)));
    if (found.length !== 1) return null;
    const pads = await Promise.all([0, 1, 2, 3, 4].map((one) => keyed(root, "SHA-256", label, [one])));
    const pad = bytes(...pads);
    return found[0].slice(16).map((byte, at) => byte ^ pad[at]);
  };
  const head = await part(0);
  if (head === null) { // whoever serves the files sees as many of the same sizes
    const place = Math.min(2 + Number(spread / buckets % (126n * buckets - 125n)), size - 1);
    const award = Math.max(0, place - 2);
    await Promise.all([entryAt(place, size), pathOf(place, size), stateOf(award, epoch), looksIn(award, looks)]);
    return null;
  }
  const mask = big(head.slice(136, 159)), rest = [];
  for (let which = 1; which <= head[159]; which += 1) {
    const more = await part(which);
    need(more, "bucket");
    rest.push(...more.slice(1, 1 + more[0]));
  }
  const named = about.categories.filter((_, bit) => mask >> BigInt(bit) & 1n);
  const others = decode(Uint8Array.from(rest)).split(";").filter(Boolean);
  return {
    award: Number(big(head.slice(0, 4))), index: Number(big(head.slice(4, 8))), seed: head.slice(8, 40),
    closed: [40, 72, 104].map((at) => hex(head.slice(at, at + 32))),
    categories: mask ? [...named, ...others].sort().join(";") : decode(Uint8Array.from(rest)),
  };
}
const looksIn = (award, looks) => looks ? file(`../looks/${looks.files}/${award % looks.files}`) : new Uint8Array(0);
async function looksOf(award, seed, looks) { // when operators opened this person's values, and why: rows that only the seed finds
  const data = await looksIn(award, looks), rows = new Map(), seen = [];
  for (let at = 0; at < data.length; at += 32) rows.set(hex(data.slice(at, at + 16)), data.slice(at + 16, at + 32));
  for (;;) {
    const made = await keyed(seed, "SHA-512", "amends/look/v1\0", unsigned(seen.length, 4)), row = rows.get(hex(made.slice(0, 16)));
    if (!row) return seen;
    const plain = row.map((byte, at) => byte ^ made[16 + at]);
    seen.push({ at: Number(big(plain.slice(0, 8))), ground: plain[8], bits: plain[9] * 256 + plain[10] });
  }
}
const TILES = 16; // with corrections: so many are fetched for every code, 128 kB; where there are more, none is
async function correctionsOf(award, { entries = [], decisions = [] }, size) { // as receipts have them
  const there = entries.filter(([, place]) => place < size), tiles = new Map();
  for (const [, place] of there) tiles.set(Math.floor(place / 256), place);
  if (tiles.size > TILES) return [];
  await Promise.all([...tiles.values()].map((place) => pathOf(place, size))); // whichever award is asked for
  return Promise.all(there.filter(([whose]) => whose === award).map(
    async ([, place, kind, reason, amount, decision]) => ({
      amount_minor: amount, class: kind, decision: decisions[decision], index: place,
      path: (await pathOf(place, size)).map(hex), reason,
    })));
}
async function receiptOf(found, about, note, size, corrections) { // as docs/formats/roster.md writes it
  const says = { award: String(found.award), case: about.case, categories: found.categories, currency: about.currency };
  const salts = await keyed(found.seed, "SHA-512", "amends/salts/v1\0", SHOWN.join(";")), opened = {}, digests = [...found.closed];
  for (const [at, name] of SHOWN.entries()) {
    const salt = salts.slice(16 * at, 16 * at + 16);
    opened[name] = [hex(salt), says[name]];
    digests.push(await salted(name, salt, says[name]));
  }
  digests.sort();
  const person = await sha256("amends/person/v1\0\0\x07", ...digests.map((one) => unhex(one, 32)));
  const nonce = await keyed(found.seed, "SHA-256", "amends/nonce/v1");
  const commitment = await sha256("amends/award/v1\0", nonce, person), path = await pathOf(found.index, size);
  const front = (row) => bytes("\x01", [row.class], unsigned(0, 4), unsigned(row.amount_minor, 8), commitment);
  let entry = await entryAt(found.index, size);
  if (!entry.length) { // this case hides its rows, and its leaf is one of the tariff's
    const leaf = hex(await rootOf(found.index, found.index + 1, size));
    for (const row of about.tariff) if (hex(await sha256("\0", front(row))) === leaf) entry = front(row);
  }
  need(entry.length === 46, "entry");
  const extra = {
    amount_minor: Number(big(entry.slice(6, 14))), award_index: found.award, case: about.case, class: entry[1],
    currency: about.currency, digests, nonce: hex(nonce), opened, person_root: hex(person), v: 1,
    ...(corrections.length ? { corrections } : {}),
  };
  const head = ["c2sp.org/tlog-proof@v1", `extra ${base64(encode(canonical(extra)))}`, `index ${found.index}`];
  return `${[...head, ...path.map((step) => base64(step))].join("\n")}\n\n${note}`;
}
async function stateOf(award, epoch) { // of N files the one that has every Nth award: half a million people's, or everybody's
  if (epoch === undefined) return undefined;
  if (epoch === null) return "promised";
  const count = (await file(`state/${epoch}/parts`)).length / 32, at = Math.floor(award / count);
  let data = await file(`state/${epoch}/${award % count}.bin.gz`);
  if (data[0] === 0x1f && data[1] === 0x8b) {
    const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("gzip"));
    data = new Uint8Array(await new Response(stream).arrayBuffer());
  }
  return at < data.length ? STATES[data[at]] : "promised";
}

// The page. Its words stand in its templates; what files say goes in as text, never as markup.
const $ = (id) => document.getElementById(id);
const words = (name, value) => $("words")?.content.querySelector(`[data-${name}="${CSS.escape(value)}"]`)?.textContent;
const put = (box, values) => {
  for (const slot of box.querySelectorAll("[data-put]")) {
    slot.textContent = values[slot.dataset.put] ?? "";
    if (!slot.textContent) slot.parentNode.remove();
  }
};
function show(template, values = {}) {
  const box = $("result");
  box.replaceChildren($(template).content.cloneNode(true));
  put(box, { checked: new Date().toLocaleString(document.documentElement.lang), ...values });
  box.hidden = false;
  return box;
}
function money(amount, currency) {
  const exponent = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;
  const text = String(amount).padStart(exponent + 1, "0"), point = text.length - exponent;
  const part = text.slice(point), figure = BigInt(text.slice(0, point)).toLocaleString("en") + (/[1-9]/.test(part) ? `.${part}` : "");
  return currency === "CNY" ? words("say", "yuan").replace("{amount}", figure) : `${currency} ${figure}`;
}
const inWords = (names) => [...new Set(names)].join(document.documentElement.lang.startsWith("zh") ? "、" : ", ");
const leakedNames = (categories) => inWords(categories.split(";").filter(Boolean).map((code) => words("leaked", code) ?? code));
function whyOf(said, about, progress) {
  const last = progress.corrections && !progress.shows_rows ? ` ${words("say", "corrected")}` : "";
  if (said.class === 30) return words("say", "own") + last;
  if (about.tariff.length === 1) return words("say", "same") + last;
  return words("say", "class").replace("{line}", said.class) + last;
}
function correctedOf(before, now, reason, proved) {
  const text = words("say", "was").replace("{before}", before).replace("{now}", now);
  return `${text.replace("{reason}", words("reason", String(reason)) ?? "?")} ${words("say", proved ? "both" : "receipt")}`;
}
function lookedOf(seen) { // newest first, in words
  const kinds = [...$("words").content.querySelectorAll("[data-kind]")];
  return seen.reverse().map(({ at, ground, bits }) => words("say", "looked")
    .replace("{when}", new Date(1000 * at).toLocaleString(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" }))
    .replace("{what}", inWords(kinds.filter((one) => bits & one.dataset.kind).map((one) => one.textContent)))
    .replace("{why}", words("ground", String(ground)) ?? "?"));
}
async function lookUp(text) {
  const [note, claims, caseFile, published, listed] = await Promise.all([
    file("checkpoint"), file("claims/claims.json"), file("case.json"), file("../data/progress.json"),
    file("../data/corrections.json")]); // all of them, whichever award is asked for
  const [origin, lines] = decode(note).split("\n"), about = JSON.parse(decode(caseFile)), progress = JSON.parse(decode(published));
  const code = await codeOf(text, origin), size = Number(lines), changes = JSON.parse(decode(listed));
  const shown = progress.shows_rows ? progress.epoch : undefined;
  const found = await opening(code, origin, JSON.parse(decode(claims)), size, shown, progress.looks);
  const corrections = await correctionsOf(found?.award, changes, size);
  if (!found) return show("none");
  const [receipt, state, looks] = await Promise.all([
    receiptOf(found, about, decode(note), size, corrections), stateOf(found.award, shown),
    looksOf(found.award, found.seed, progress.looks)]);
  const said = await check(encode(receipt), document.querySelector("meta[name=amends-policy]").content);
  const change = changes.corrections.find(([award]) => award === found.award), last = said.corrections.at(-1);
  const before = money(said.amount_minor, said.currency), now = last?.amount_minor ?? change?.[1] ?? said.amount_minor;
  const box = show("good", {
    amount: money(now, said.currency), why: change ? "" : whyOf(said, about, progress),
    corrected: change && correctedOf(before, money(now, said.currency), last?.reason ?? change[3], last), award: said.award_index.toLocaleString("en"),
    leaked: leakedNames(found.categories), state: words("state", state) ?? words("say", "unknown"),
    next: change && !now ? words("say", "next-annulled") : words("next", state) ?? words("say", "next-unknown"),
  });
  for (const one of lookedOf(looks)) box.querySelector("[data-looks]").appendChild(document.createElement("li")).textContent = one;
  box.querySelector(looks.length ? "[data-nobody]" : "[data-looks]")?.remove();
  box.querySelector("[data-save]").href = URL.createObjectURL(new Blob([receipt], { type: "text/plain" }));
  return box;
}
function wrong(why) {
  $("error").textContent = words("say", why);
  $("error").hidden = false;
  $("field").classList.add("wrong");
  $("code").setAttribute("aria-invalid", "true");
  $("code").focus();
}
function right() {
  $("error").hidden = true;
  $("field").classList.remove("wrong");
  $("code").removeAttribute("aria-invalid");
}
async function ask(event) {
  event.preventDefault();
  right();
  show("working");
  let box = null;
  try { box = await lookUp($("code").value); } catch (error) {
    if (words("say", error.words?.[0] ?? "")) { $("result").hidden = true; wrong(error.words[0]); return; }
    fetched.clear();
    box = show("failed");
  }
  box.focus();
  box.scrollIntoView();
}
if ($("ask")) {
  $("ask").hidden = false;
  $("code").value = ""; // a page that was kept may hold an old code
  $("ask").addEventListener("submit", ask);
  $("code").addEventListener("input", right);
}
