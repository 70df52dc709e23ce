// The console's keys, passkeys and plots. Pages work without it, passkeys excepted.
"use strict";
(() => {
  const b64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const raw = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));

  // Passkeys: options come from the server as JSON, the answer goes back in the form's field `proof`.
  const answered = async (options, create) => {
    options.challenge = raw(options.challenge);
    for (const list of ["allowCredentials", "excludeCredentials"])
      options[list] = (options[list] || []).map((one) => ({ ...one, id: raw(one.id) }));
    if (create) options.user.id = raw(options.user.id);
    const made = await navigator.credentials[create ? "create" : "get"]({ publicKey: options });
    const response = { clientDataJSON: b64(made.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"])
      if (made.response[name]) response[name] = b64(made.response[name]);
    return JSON.stringify({ id: made.id, rawId: b64(made.rawId), type: made.type, response,
      clientExtensionResults: {}, authenticatorAttachment: made.authenticatorAttachment });
  };
  for (const button of document.querySelectorAll("[data-use-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const form = button.closest("form");
      const wrong = form.querySelector("[data-passkey-error]");
      wrong.hidden = true;
      try {
        const from = form.dataset.passkeyFrom;
        const options = from ? await (await fetch(from, { method: "POST" })).json() : JSON.parse(form.dataset.passkey);
        const answer = await answered(options, "passkeyCreate" in form.dataset);
        let field = form.elements.namedItem("proof");
        if (!field) { field = document.createElement("input"); field.type = "hidden"; field.name = "proof"; form.append(field); }
        field.value = answer;
        form.submit();
      } catch { wrong.hidden = false; }
    });
  }

  // An invitation stands behind # in the link, so that no log has it.
  const invited = document.querySelector("[data-invitation]");
  if (invited && location.hash.length > 20) {
    invited.elements.namedItem("invitation").value = location.hash.slice(1);
    history.replaceState(null, "", location.pathname);
    invited.submit();
  }

  // A browser that cannot show what is folded where there is room: it is unfolded there.
  const pages = document.querySelector(".menu details");
  if (pages && innerWidth > 896 && !CSS.supports("selector(::details-content)")) pages.open = true;

  // Keys: a button's own key presses it; / finds; j and k walk rows, Enter opens.
  let row = -1;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (button) { event.preventDefault(); button.click(); return; }
    const focus = document.querySelector(`[data-focus-key="${CSS.escape(event.key)}"]`);
    if (focus) { event.preventDefault(); focus.focus(); return; }
    const rows = [...document.querySelectorAll(".list tbody tr")];
    if (!rows.length || !["j", "k", "Enter"].includes(event.key)) return;
    if (event.key === "Enter") { if (event.target === document.body) rows[row]?.querySelector("a")?.click(); return; }
    rows[row]?.removeAttribute("aria-selected");
    row = Math.min(Math.max(row + (event.key === "j" ? 1 : -1), 0), rows.length - 1);
    rows[row].setAttribute("aria-selected", "true");
    rows[row].scrollIntoView({ block: "nearest" });
  });

  // Plots, where uPlot is loaded; the table below says the same.
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  for (const place of document.querySelectorAll(".plot")) {
    if (!window.uPlot) continue;
    const names = place.dataset.series.split("|");
    const data = JSON.parse(place.dataset.points);
    if (!data[0].length) continue;
    const shift = Number(place.dataset.offset);
    const time = (at) => new Date((at + shift) * 1000).toISOString().slice(5, 16).replace("T", " ");
    const count = (value) => (value == null ? "" : value.toLocaleString("en"));
    const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--line"), width: 1 } };
    const size = () => ({ width: Math.min(place.clientWidth, 990), height: 240 });
    const plot = new uPlot({ ...size(), padding: [null, 36, null, null], cursor: { drag: { x: false } },
      axes: [{ ...axis, space: 90, values: (u, at) => at.map(time) }, { ...axis, size: 70, values: (u, vals) => vals.map(count) }],
      series: [{ label: place.dataset.time, value: (u, at) => (at == null ? "" : time(at)) }, ...names.map((label, at) => ({ label, value: (u, v) => count(v), stroke: colour(`--c${at + 1}`), width: 2, points: { show: data[0].length < 60 } }))],
    }, data, place);
    addEventListener("resize", () => plot.setSize(size()));
  }
})();
