"""Words of release names that mark seasons, episodes and extras, in the languages releases use."""

# ruff: noqa: RUF001 - words of other scripts look like Latin ones on purpose

from __future__ import annotations

from episodarr.matching.reading.fold import compact, words_of

VIDEO_SUFFIXES = frozenset(
    [
        "mkv",
        "mp4",
        "avi",
        "ts",
        "m4v",
        "wmv",
        "webm",
        "mov",
        "mpg",
        "mpeg",
        "ogm",
        "ogv",
        "m2ts",
        "mts",
        "flv",
        "rmvb",
        "rm",
        "divx",
        "3gp",
        "asf",
        "vob",
        "f4v",
    ]
)
"""File name extensions of videos; other files are ignored."""

UNFINISHED_SUFFIXES = frozenset({"!qb", "!ut", "part", "bc!"})
"""Extensions that download clients add to files they have not finished."""

SEASON_WORDS = (
    r"seasons?|saisons?|series|staffel|stagione|temporadas?|temp|sezona?|sezóna|säsong|sæson|"
    r"sesong|seizoen|kausi|évad|sezonas|sezon[uy]?|сезоны?|season'?s|se|ssn|sn"
)
COUNTED_SEASON_WORDS = (
    r"season|saison|staffel|stagione|temporada|sezona?|sezóna|säsong|sæson|sesong|seizoen|kausi|"
    r"évad|sezonas|sezon[uy]?|сезон[аы]?"
)
"""Those that may follow an ordinal number: `2nd season`, `1ª temporada`."""
BARE_COUNTED_SEASON_WORDS = (
    r"séri[ea]|staffel|sezona|sezóna|säsong|kausi|évad|sezonas|sezon[uy]?|сезон[аы]?"
)
"""Those that may follow a plain number: `2. Staffel`, `2 сезон`."""
EPISODE_WORDS = (
    r"episodes?|episodios?|episódios?|épisodes?|ep[si]?|epis|folgen?|capitulos?|capítulos?|cap|"
    r"chapter|puntata|puntate|afl(?:evering)?|avsnitt|afsnit|odcinek|odc|díl|dil|epizod|epizoda|"
    r"bölüm|bolum|jakso|rész|серии|серия|серій|эпизод|выпуск|serija|seriya|tập|tap"
)

AND_WORDS = r"and|und|et|y|и|і|та|ve|en|och|og|ja|oraz"
"""Those that may join the numbers of two episodes."""
OF_WORDS = r"of|из|з|sur|von|de|di|av|af|van"
"""Those that stand between an episode's number and the count of episodes."""

_EXTRA_FOLDERS = """
extra|extras|bonus|bonuses|bonus features|bonus disc|bonus material|special features|featurette|
featurettes|sample|samples|proof|trailer|trailers|teaser|teasers|promo|promos|preview|previews|pv|
pvs|cm|cms|cm pv|pv cm|nc|ncop|nced|nc op ed|ncop nced|ncs|creditless|op ed|op and ed|openings|
opening and ending|openings and endings|endings|menu|menus|scan|scans|sp|sps|interview|interviews|
deleted scenes|deleted|behind the scenes|making of|makings|shorts|other|others|misc|drama|
drama cd|webisodes|webisode|minisodes|soundtrack|ost|cd|cds|music|music video|music videos|mv|mvs|
clips|commentary|commentaries|gag reel|bloopers|outtakes|recaps|documentary|documentaries|
tokuten|eizou tokuten|bd extras|dvd extras|bdmv|stream|playlist|clipinf|video ts|audio ts|nc ver|omake|
mini anime|picture drama|picture dramas|audio commentary|web preview|web previews|radio|web radio|
unaired|alternate ending|alternate endings|extra episodes|bonus episodes|cast interviews|non credit|
non credits|textless|parody|abridged|contenido extra|contenu bonus|zusatz|vídeos extra|
特典|特典映像|映像特典|花絮|花絮映像|預告|预告|予告|予告編|メニュー|菜单|選單|ノンクレジット|
ノンテロップ|番外|番外篇|広告|样片|樣片|ボーナス|スペシャル映像|
бонус|бонусы|дополнительно|дополнительные материалы|допы|доп материалы|трейлер|трейлеры|сэмпл|
семпл|реклама|удаленные сцены|удалённые сцены|фильм о фильме|интервью|меню|
bonusmaterial|zusatzmaterial|extras und bonus|vorschau|outtakes|entfallene szenen|geschnittene szenen|
bande annonce|bandes annonces|suppléments|supplements|bêtisier|scènes coupées|coulisses|making off|
avance|avances|escenas eliminadas|detrás de cámaras|detras de camaras|tomas falsas|tráiler|contenidos extra|
material extra|materiais extra|cenas deletadas|cenas excluídas|erros de gravação|bastidores|
contenuti extra|contenuti speciali|dietro le quinte|scene tagliate|scene eliminate|papere|
zwiastun|zwiastuny|dodatki|materiały dodatkowe|fragman|fragmanlar|kamera arkası|extramaterial|ekstra|
ekstramateriale|extra's|lisämateriaali|bonusz|extrák
"""
_ARTICLES = frozenset(
    ["the", "les", "le", "la", "los", "las", "el", "die", "der", "das", "gli", "i", "and"]
)


def without_articles(text: str) -> str:
    """The words of a folder's name as one, without articles."""
    return "".join(w.folded for w in words_of(text) if w.folded not in _ARTICLES)


EXTRA_FOLDERS = frozenset(map(without_articles, _EXTRA_FOLDERS.split("|"))) - {""}
"""Compact names of folders whose files are no episodes."""

_EXTRA_WORDS = r"""
nc[\s._-]?(?:op|ed|opening|ending)(?:[\s._-]?\d{1,3}[a-z]?)?(?:[\s._-]?v(?:er)?[\s.]?\d)?|
(?:creditless|textless|clean|non[\s._-]?credit(?:ed)?|no[\s._-]?credits?)[\s._-]{0,8}
(?:op|ed|opening|ending|version|song)?(?:[\s._-]?\d{1,2}[a-z]?)?|
(?:op|ed|pv|cm|sp[\s._-]?cm|tvcm|web[\s._-]?cm)[\s._-]?\d{0,3}[a-z]?(?:v\d)?|
(?:opening|ending|op|ed)s?[\s._-]?(?:song|theme|movie)?(?:[\s._-]?\d{1,2}[a-z]?)?|
(?:theatrical|official|teaser|promo|bd|dvd|web|tv|season|series|on[\s._-]?air|next)?[\s._-]{0,8}
(?:trailer|teaser|preview|promo|tv[\s._-]?spot)s?(?:[\s._-]?\d{1,3})?|
(?:bd|dvd|disc|main)?[\s._-]{0,8}menu(?:[\s._-]?\d{1,3}|[\s._-]disc\s?\d)?|
(?:character|chara|series|web|tv|bd)?[\s._-]{0,8}(?:pv|cm)s?[\s._-]?\d{0,3}|
sample|muestra|échantillon|сэмпл|семпл|proof|featurettes?(?:[\s._-]?\d{1,2})?|
(?:blu[\s._-]?ray|amazon|dvd|bd)?[\s._-]{0,8}bonus(?:[\s._-]?\d{1,2})?|bonus[\s._-](?:disc|feature|clip|video)s?|
tokuten|drama[\s._-]?(?:cd|album|track)?(?:[\s._-]?\d{1,2})?|web[\s._-]?radio|omake(?:[\s._-]?\d{1,2})?|
(?:cast|staff|crew|creator)?[\s._-]{0,8}interviews?(?:[\s._-]?\d{1,2})?|
(?:the\s)?making[\s._-](?:of|off)|behind[\s._-]the[\s._-]scenes?|deleted[\s._-]scenes?|gag[\s._-]reel|
bloopers?|outtakes?|unaired(?:[\s._-]pilot)?|alternat(?:e|ive)[\s._-](?:ending|cut|pilot)|webisodes?(?:[\s._-]?\d{1,2})?|minisodes?|commentary|
inside[\s._-](?:the|this)[\s._-](?:episode|show|series)|(?:audio[\s._-])?commentaries|
music[\s._-](?:video|clip)s?|mv\d{0,2}|image[\s._-](?:video|song)|character[\s._-]song|
live[\s._-](?:concert|stage|event)|concert|talk[\s._-](?:show|event)|stage[\s._-](?:greeting|event)|
digest|recap|podcast|after[\s._-]?show|table[\s._-]read|promotional[\s._-]video|next[\s._-]time|
特典(?:映像)?|映像特典|花絮|預告|预告(?:片)?|次回予告|予告(?:編|篇)?|ノン(?:クレジット|テロップ)(?:op|ed)?|
メニュー(?:画面)?|菜单|選單|访谈|訪談|インタビュー|メイキング|広告|
трейлер|тизер|анонс|бонус|интервью|удал[её]нн(?:ая|ые)[\s._-]сцен[аы]|опенинг|эндинг|
bande[\s._-]annonce|b[êe]tisier|sc[èe]nes?[\s._-]coup[ée]es?|coulisses|
escenas?[\s._-]eliminadas?|tomas[\s._-]falsas|detr[áa]s[\s._-]de[\s._-]c[áa]maras?|tr[áa]iler|avance|
cenas?[\s._-](?:deletadas?|exclu[íi]das?)|bastidores|dietro[\s._-]le[\s._-]quinte|scene[\s._-](?:tagliate|eliminate)|
vorschau|entfallene[\s._-]szenen?|geschnittene[\s._-]szenen?|zwiastun|fragman
"""
EXTRA_WORDS = _EXTRA_WORDS.replace("\n", "")
"""Pattern of the words and numbered words, in lower case, that call a file an extra."""

SURE_EXTRA_WORDS = (
    r"nc[\s._-]?(?:op|ed|opening|ending).*|(?:creditless|textless).*|(?:pv|cm|op|ed|iv|mv|menu)[\s._-]?\d{1,3}[a-z]?|"
    r"(?:pv|cm|op|ed|menu|logo)|ノン(?:クレジット|テロップ).*|メニュー.*|予告.*|预告.*|預告.*"
)
"""Pattern of the extras' words that mean one even behind a bare number."""

SPECIAL_WORDS = (
    r"ova|oad|oav|ona|specials?|sp|sps|speciale?s?|especiai?l(?:es)?|spéciaux|spécial|спешл|спецвыпуск|"
    r"特別編|特別篇|特别篇|番外編|番外篇|movie|the movie|film|gekijouban|劇場版|剧场版"
)
SPECIAL_FOLDERS = frozenset(
    compact(word)
    for word in [
        "specials",
        "special",
        "ova",
        "ovas",
        "oad",
        "oads",
        "ova oad",
        "season 0",
        "season 00",
        "s00",
        "specials ova",
        "ova specials",
        "especiales",
        "speciali",
        "spezial",
        "sonderfolgen",
        "спешлы",
        "спецвыпуски",
        "特別編",
        "番外編",
        "movie",
        "movies",
        "films",
        "film",
        "movies ova",
        "ova movies",
    ]
)
ROMAN = {"ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9}
COUNT_WORDS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10,
}  # fmt: skip
SEASON_COUNT_WORDS = {
    word: number
    for number, words in enumerate(
        [
            "eins erste première premiere uno primera primeira prima первый перший pierwszy první "
            "birinci eerste första første ensimmäinen első",
            "zwei zweite deux deuxième deuxieme seconde dos dois due segunda seconda второй другий "
            "drugi druhá ikinci twee tweede andra andre anden toinen második",
            "drei dritte trois troisième troisieme tres três tre tercera terceira terza третий "
            "третій trzeci třetí üçüncü drie derde tredje kolmas harmadik",
            "vier vierte quatre quatrième quatrieme cuatro quatro quattro cuarta quarta четвертый "
            "четвёртый четвертий czwarty čtvrtá dördüncü vierde fjärde fjerde neljäs negyedik",
            "fünf fünfte cinq cinquième cinquieme cinco cinque quinta пятый п'ятий piąty pátá "
            "beşinci vijf vijfde femte viides ötödik",
            "sechs sechste sixième sixieme seis sei sexta sesta шестой шостий szósty šestá "
            "altıncı altinci zesde sjätte sjette kuudes hatodik",
        ],
        start=1,
    )
    for word in words.split()
}
"""Numbers and ordinals of further languages; they are read next to a word for season only."""
FORMAL_DIGITS = {
    "弐": 2, "弍": 2, "貳": 2, "贰": 2, "参": 3, "參": 3, "叁": 3, "肆": 4, "伍": 5, "陸": 6, "漆": 7,
}  # fmt: skip
"""Those of Japanese and Chinese documents, which count sequels behind a title."""
CJK_DIGITS = {char: value for value, char in enumerate("〇一二三四五六七八九")} | {"零": 0, "两": 2}
