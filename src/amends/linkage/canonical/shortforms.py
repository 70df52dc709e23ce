"""Short and other forms of European given names, to the form that stands for all of them.

General knowledge, kept small: a form that stands for several names (``al``, ``chris``) goes with
the commonest. Names outside the table stand for themselves.
"""

from typing import Final

_TABLE = """
albert: bert bertie al
alexander: alec alex alick sandy alexandre alessandro sasha
alfred: alf alfie fred-alf
andrew: andy drew andreas andre
anne: ann anna annie anny hannah nancy nan
anthony: tony antony antoine antonio anton
archibald: archie archy
arthur: art artie
augustus: gus august auguste
barbara: babs barbie
beatrice: bea trixie beatrix
benjamin: ben benny benji
bernard: bernie barney
caroline: carrie carolyn carol caro
catherine: kate katie kathy cathy katharine katherine kathleen kitty cath kit catharine
charles: charlie charley chas chuck carl karl carlo carlos
charlotte: lottie lotte
christopher: chris kit-christopher christophe
daniel: dan danny dani
david: dave davy davie
dorothy: dot dolly dorothea
edmund: edmond
edward: ed eddie eddy ned ted teddy edwd
edwin: edwyn
eleanor: ellie nell nellie ellen elinor helen helena
elizabeth: liz lizzie beth betty bess bessie eliza elisabeth elsie lisa libby betsy
emily: em emmie emilie emma
ernest: ernie ernst
eugene: gene
florence: flo flossie
frances: fanny fran francie
francis: frank frankie francois francesco franz
frederick: fred freddie freddy frederic friedrich frederich
geoffrey: geoff jeff jeffrey
george: georgie geordie georges giorgio georg
gerald: gerry jerry
gilbert: gil
harold: hal-harold harry-harold
henrietta: hetty etta harriet hattie
henry: harry hal hank henri heinrich hen
herbert: herb herbie bert-herbert
hubert: hugh huw hugo
isaac: ike zac
isabella: bella isabel belle izzy isobel
jacob: jake jakob yakub
james: jim jimmy jamie jas jem
jane: janie jenny janet jean jeanne joan joanna jayne jennie
jeremiah: jerry-jeremiah
john: jack johnny jon jock jno jean-john johann johannes giovanni hans juan ian sean ivan jonny
jonathan: jonty nathan
joseph: joe joey jos josef giuseppe jose
joshua: josh
josephine: josie jo
julia: julie
laurence: larry lawrence lorenzo laurie lawrie
leonard: len lenny leo
lewis: lew louis lou ludwig luigi luis lewie
lucy: lucie lucia
margaret: maggie meg peggy madge margery marjorie daisy greta margot marguerite rita
martha: mattie patty
martin: marty
mary: molly polly may maria marie mae marion minnie mamie
matilda: tilly maud maude
matthew: matt mat matthias
maurice: morris moritz
michael: mick mike mickey micky michel
nathaniel: nat nate nathan-nathaniel
nicholas: nick nicky nicolas klaus claus
oliver: ollie noll olly
oscar: oskar
patrick: pat paddy
peter: pete pierre pieter piotr
philip: phil pip phillip philippe
rachel: rae
ralph: rafe rolf raphael
raymond: ray
rebecca: becky
reginald: reg reggie
richard: dick rick ricky dickie rich richie ricki rickie richey dicky
robert: rob bob bobby robbie bert-robert robin bobbie robby rupert bobbi
roger: rodge
ronald: ron ronnie
rose: rosie rosa
samuel: sam sammy
sarah: sally sara sadie
sidney: sid sydney
simon: sim
sophia: sophie
stephen: steve steven stephan etienne stefan
susan: sue susie susannah susanna suzanne
sylvester: syl
terence: terry
theodore: theo ted-theodore
theresa: tess tessie terry-theresa teresa
thomas: tom tommy thos tomas
timothy: tim
valentine: val
victor: vic
victoria: vicky
vincent: vince vinnie
vivian: viv
walter: walt wally wat
wilfred: wilf wilfrid
wilhelmina: mina
william: will bill billy willie wm liam willy wilhelm guillaume gwilym bille
winifred: winnie
"""

SHORT_FORMS: Final[dict[str, str]] = {
    form: name.strip()
    for name, _, forms in (line.partition(":") for line in reversed(_TABLE.strip().splitlines()))
    for form in forms.split()
    if "-" not in form
}
"""Form → the name that stands for it."""
