"""The open-data sources, one typed entry each: the one place to add a source.

Here: where a source is published, how its files are laid out, how often it comes, under which licence. Not here: what a
valid row is (`contracts/open_data.py`), how bytes are got and read (`connectors.py`, `readers.py`), what figures mean.
"""

from dataclasses import dataclass, replace
from fnmatch import fnmatch

from orchestration.connectors import Connector, DataGouv, ExploreApi, HttpFile, Melodi, PagedApi
from orchestration.readers import Fold, Reader, Unfold
from orchestration.resources import SettingError

_LO = "Licence Ouverte 2.0"
_INSEE = "https://www.insee.fr/fr/statistiques/fichier"


@dataclass(frozen=True)
class Source:
    """One raw table of open data. `layouts`: pattern of a file name -> how such a file is read; the first that fits.

    `connector` is None for a source that a person must supply; `manual` then says why and from where.
    `fresh_days`: days after which the newest edition counts as late. `minimum_rows`: fewer are not a whole file.
    `geography`: year of the commune codes minus the year of the edition; None where there are no commune codes.
    `is_stock`: an edition says again all that the one before said, so that only the newest is held. `shelf`: folder of
    the mirror where the file lies with others of its sort, instead of <schema>/<edition>/; `only_edition`: its edition.
    `traps_fr`: what who uses the figures must know, one sentence each, for the page `docs/sources.md` (`catalogue.py`).
    """

    schema: str
    table: str
    title_fr: str
    producer: str
    licence: str
    page: str
    cadence: str
    fresh_days: int
    minimum_rows: int
    layouts: dict[str, Reader]
    connector: Connector | None = None
    manual: str | None = None
    geography: int | None = None
    is_stock: bool = False
    shelf: str | None = None
    only_edition: str | None = None
    traps_fr: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.schema, self.table

    @property
    def attribution(self) -> str:
        return f"{self.producer}, {self.title_fr}"

    def layout_of(self, name: str) -> Reader | None:
        """How a file of this name is read; None when no layout is known."""
        return next((reader for pattern, reader in self.layouts.items() if fnmatch(name, pattern)), None)


#: host -> seconds between two calls, as the producers ask.
PAUSES = {
    "api.insee.fr": 2.0,  # 30 a minute
    "emplois.inclusion.beta.gouv.fr": 5.0,  # 12 a minute without an account
}

#: Width of a code and the zeros it can begin with: 01004; 0051.
_COMMUNE, _ZONE = (5, 1), (4, 2)

#: One archive, two tables.
_COG = HttpFile(
    rf"{_INSEE}/(?P<page>\d+)/cog_ensemble_(?P<vintage>\d{{4}})_csv\.zip", "zip",
    page="https://www.insee.fr/fr/information/2560452",
)  # fmt: skip
_COG_COMMUNES = Reader(
    "csv", {n: n.upper() for n in ("typecom", "com", "reg", "dep", "arr", "libelle", "comparent")}, separator=","
)
_COG_MOVEMENTS = Reader(
    "csv",
    {n: n.upper() for n in ("mod", "date_eff", "typecom_av", "com_av", "libelle_av", "typecom_ap", "com_ap", "libelle_ap")},
    separator=",",
)  # fmt: skip
_SIRENE = "5b7ffc618b4c4169d30727e0"
_SIRENE_TRAPS = (
    "Noms et adresses ne sont pas gardés : ceux d'un entrepreneur individuel sont des données personnelles.",
    "Chaque stock redit tout, corrections du passé comprises : deux stocks ne s'ajoutent pas.",
)
_SIRENE_PAGE = "https://www.data.gouv.fr/datasets/base-sirene-des-entreprises-et-de-leurs-etablissements-siren-siret"


def _stock(
    table: str, title_fr: str, minimum_rows: int, file: str, columns: dict[str, str], resource: str | None
) -> Source:
    """A monthly stock of Sirene, in parquet; its file bears the name of the stock or of the resource."""
    names = (f"{file}_*.parquet", f"{file}.parquet", *([f"*{resource}*"] if resource else []))
    return Source(
        "sirene", table, title_fr, "INSEE", _LO, _SIRENE_PAGE, "mensuelle (le 1er)", 45, minimum_rows,
        dict.fromkeys(names, Reader("parquet", columns)),
        DataGouv(_SIRENE, rf"Fichier {file} (-|du) .*parquet", "parquet", resource=resource),
        geography=0, is_stock=True, traps_fr=_SIRENE_TRAPS,
    )  # fmt: skip


def _of(suffix: str, **columns: str) -> dict[str, str]:
    """Contract column -> name in a stock, where most end with what they are about."""
    return {name: column + suffix for name, column in columns.items()}


_ZE_COLUMNS = {
    "codgeo": "CODGEO",
    "libgeo": "LIBGEO",
    "ze2020": "ZE2020",
    "libze2020": "LIBZE2020",
    "dep": "DEP",
    "reg": "REG",
}

_EPCI = Reader(
    "xlsx", {"codgeo": "CODGEO", "libgeo": "LIBGEO", "epci": "EPCI", "libepci": "LIBEPCI", "dep": "DEP", "reg": "REG"},
    sheet="Composition_communale", header_row=6,
)  # fmt: skip
_POPULATIONS = Reader("csv", {"com": "COM", "libelle": "Commune", "pmun": "PMUN", "pcap": "PCAP", "ptot": "PTOT"})
_FILOSOFI = {"nbmenfisc": "NUM_HH", "nbpersmenfisc": "NUM_PER", "med": "MED_SL", "tp60": "PR_MD60"}

#: Contract column -> member of a row. Telephone, e-mail and everything else is not kept: it may be a person's.
_EMPLOIS = {
    "id_emplois": "id", "siret_declare": "siret", "type_emplois": "type", "raison_sociale": "raison_sociale",
    "enseigne": "enseigne", "code_postal": "code_postal", "ville": "ville", "dep": "departement",
}  # fmt: skip
_DEPARTEMENTS = (
    *(f"{number:02}" for number in range(1, 96) if number != 20), "2A", "2B", "971", "972", "973", "974", "976",
)  # fmt: skip
_FILOSOFI_COLUMNS = {
    "nbmenfisc": r"NBMENFISC\d\d",
    "nbpersmenfisc": r"NBPERSMENFISC\d\d",
    "med": r"MED\d\d",
    "tp60": r"TP60\d\d",
}
_FILOSOFI_PAGE = "https://www.insee.fr/fr/statistiques/8229323"
_FILOSOFI_TRAPS = (
    "Les noms de colonnes du fichier finissent par l'année (`MED21`) : ils changent à chaque édition.",
    "`s` veut dire secret et `nd` non disponible : ce n'est jamais un zéro, et la colonne `_absence` dit lequel des deux.",
    "Un taux ou une médiane ne se moyenne pas : celui d'un territoire se lit dans le fichier de son propre niveau.",
)
_DARES = "https://data.dares.travail-emploi.gouv.fr"
#: An export names its columns by their ids or by their labels.
_DEFM_COLUMNS = {
    "trimestre": "date|Date",
    "demandeurs_emploi": "nombre_de_demandeurs_d_emploi|Nombre de demandeurs d'emploi",
}
_DEFM_TRAPS = (
    "Rupture en 2025 : les bénéficiaires du RSA sont inscrits d'office depuis le 1er janvier ; 2025 ne se compare pas à avant.",
    "Les nombres sont arrondis à 5 : la somme de plusieurs territoires n'est pas exactement le total publié.",
)
_DEFM_ALL = {"categorie|Catégorie": "ABC|A, ?B, ?C", "sexe|Sexe": "Total", "tranche_d_age|Tranche d'âge": "Total"}

SOURCES: tuple[Source, ...] = (
    Source(
        "insee_cog", "communes", "Code officiel géographique : communes", "INSEE", _LO,
        "https://www.insee.fr/fr/information/2560452", "annuelle (mars)", 400, 34_000,
        {"*v_commune_*.csv": _COG_COMMUNES,
         "cog_ensemble_*_csv.zip": replace(_COG_COMMUNES, member="*v_commune_[12]???.csv")},
        _COG,
        geography=0,
        traps_fr=(
            "Un code seul ne désigne pas une ligne : une commune déléguée peut porter celui de la commune nouvelle.",
            "Région, département et arrondissement sont vides pour les communes associées et déléguées.",
            "La page et le nom du fichier changent chaque année.",
        ),
    ),
    Source(
        "insee_cog", "mouvements", "Code officiel géographique : mouvements de communes", "INSEE", _LO,
        "https://www.insee.fr/fr/information/2560452", "annuelle (mars)", 400, 10_000,
        {"*v_mvt_commune_*.csv": _COG_MOVEMENTS,
         "cog_ensemble_*_csv.zip": replace(_COG_MOVEMENTS, member="*v_mvt_commune_[12]???.csv")},
        _COG,
        geography=0,
        traps_fr=("Une commune supprimée peut être rétablie des années plus tard, sous le même code : la date compte.",),
    ),
    Source(
        "etalab_communes", "centres", "API Découpage administratif : centres des communes", "Etalab et IGN", _LO,
        "https://geo.api.gouv.fr/decoupage-administratif/communes", "annuelle (mars)", 500, 34_000,
        dict.fromkeys(("communes", "*.json"), Reader("json", {
            "com": "code", "longitude": r"centre\.coordinates\.0", "latitude": r"centre\.coordinates\.1"})),
        HttpFile("https://geo.api.gouv.fr/communes?fields=code,centre&type=commune-actuelle,arrondissement-municipal", "json",
                 vintage="%Y"),
        geography=0, is_stock=True,
        traps_fr=(
            "Le centre est un point choisi à l'intérieur du contour, pas la mairie ni le centre de la population.",
            "La longitude vient avant la latitude.",
            "L'adresse ne garde pas l'histoire : les communes sont celles du jour où elle est lue.",
            "Un arrondissement municipal a son centre, et Paris, Lyon et Marseille aussi.",
        ),
    ),
    Source(
        "insee_zones_emploi", "communes", "Zones d'emploi 2020, composition communale", "INSEE", _LO,
        "https://www.insee.fr/fr/information/4652957", "annuelle (mars)", 400, 34_000,
        {
            "ZE2020*.xlsx": Reader("xlsx", _ZE_COLUMNS, sheet="Composition_communale", header_row=6),
            "ZE2020*.zip": Reader("xlsx", _ZE_COLUMNS, sheet="Composition_communale", header_row=6, member="*ZE2020*.xlsx"),
            # A table exported by a spreadsheet that ate the zeros.
            "*zone_emploi_commune.csv": Reader(
                "csv", {"codgeo": "codgeo", "libgeo": "libgeo", "ze2020": "ze2020", "libze2020": "libze2020", "dep": "dep", "reg": "reg"},
                separator=",", pad={"codgeo": _COMMUNE, "ze2020": _ZONE, "dep": (2, 1), "reg": (2, 1)}),
        },
        HttpFile(rf"{_INSEE}/4652957/ZE2020_au_01-01-(?P<vintage>\d{{4}})\.zip", "zip", page="https://www.insee.fr/fr/information/4652957"),
        geography=0,
        traps_fr=(
            "Quatre caractères, zéros de tête compris : `0051` est Alençon, une zone à cheval sur deux régions.",
            "La composition est refaite chaque année, et le nombre de zones peut changer : 307 en 2023, 306 en 2026.",
        ),
    ),
    Source(
        "insee_epci", "communes", "Intercommunalités à fiscalité propre, composition communale", "INSEE", _LO,
        "https://www.insee.fr/fr/information/2510634", "annuelle (mars)", 400, 34_000,
        {"*.xlsx": _EPCI, "epci_au_*.zip": replace(_EPCI, member="*.xlsx")},
        HttpFile(rf"{_INSEE}/2510634/epci_au_01-01-(?P<vintage>\d{{4}})\.zip", "zip", page="https://www.insee.fr/fr/information/2510634"),
        geography=0,
        traps_fr=("`ZZZZZZZZZ` n'est pas une intercommunalité : la commune n'en a pas.",),
    ),
    Source(
        "insee_populations", "communes", "Populations de référence des communes", "INSEE", _LO,
        "https://www.insee.fr/fr/statistiques/7739582", "annuelle (décembre)", 400, 34_000,
        {"*donnees_communes*.csv": _POPULATIONS, "ensemble*.zip": replace(_POPULATIONS, member="*donnees_communes*.csv")},
        HttpFile(f"{_INSEE}/7739582/ensemble.zip", "zip", vintage="2021"),
        geography=2,
        traps_fr=(
            "Paris, Lyon et Marseille sont donnés par arrondissement municipal.",
            "La page et l'adresse sont celles de l'édition 2021 : celles des suivantes sont autres, et le fichier est à déposer.",
            "La population municipale s'additionne ; la population totale compte certaines personnes dans deux communes.",
        ),
    ),
    Source(
        "insee_chomage_ze", "taux", "Taux de chômage localisés par zone d'emploi", "INSEE", _LO,
        "https://www.insee.fr/fr/statistiques/1893230", "trimestrielle (80 jours après)", 130, 20_000,
        {"chomage-zone-*.xlsx": Reader(
            "xlsx", {"ze2020": "ZE2020", "libze2020": "LIBZE2020"}, sheet="txcho_ze", header_row=6,
            unfold=Unfold(r"(?P<trimestre>\d{4}-T\d)(?P<value>)", {"": "taux_chomage"}, (r"(\d{4})-(T\d)", r"\1\2")))},
        HttpFile(
            r"/fr/statistiques/fichier/1893230/chomage-zone-t1-2003-(?P<vintage>t\d-\d{4})\.xlsx", "xlsx",
            page="https://www.insee.fr/fr/statistiques/1893230"),
        traps_fr=(
            "Le nom du fichier change chaque trimestre, et toute la série est révisée à chaque parution.",
            "Ni Mayotte ni la Guyane ; la Guadeloupe et la Martinique commencent en 2014.",
            "Un taux ne se moyenne pas entre zones.",
        ),
    ),
    Source(
        "insee_filosofi", "communes", "Revenus, pauvreté et niveau de vie des communes (Filosofi)", "INSEE", _LO,
        "https://www.insee.fr/fr/statistiques/8229323", "annuelle", 800, 34_000,
        {"cc_filosofi_*_COM.csv": Reader(
            "csv", {"codgeo": "CODGEO", **_FILOSOFI_COLUMNS}),
         "DS_FILOSOFI_CC_*.zip": Reader(
            "csv", {"codgeo": "GEO", **{n: n for n in _FILOSOFI}}, member="*_data.csv", only={"GEO_OBJECT": "COM"},
            fold=Fold("FILOSOFI_MEASURE", "OBS_VALUE", _FILOSOFI))},
        Melodi("DS_FILOSOFI_CC"),
        geography=3,
        traps_fr=(
            *_FILOSOFI_TRAPS,
            "Le taux de pauvreté n'est publié que pour une commune sur huit environ ; la médiane, pour neuf sur dix.",
        ),
    ),
    Source(
        "insee_filosofi", "epci", "Revenus, pauvreté et niveau de vie des intercommunalités (Filosofi)", "INSEE", _LO,
        _FILOSOFI_PAGE, "annuelle", 800, 1_000,
        {"cc_filosofi_*_EPCI.csv": Reader("csv", {"epci": "CODGEO", **_FILOSOFI_COLUMNS})},
        manual="Fichier du même dossier que celui des communes, déposé à la main.",
        traps_fr=_FILOSOFI_TRAPS,
    ),
    Source(
        "insee_filosofi", "zones", "Revenus, pauvreté et niveau de vie des zones d'emploi (Filosofi)", "INSEE", _LO,
        _FILOSOFI_PAGE, "annuelle", 800, 250,
        {"cc_filosofi_*_ZE2020.csv": Reader("csv", {"ze2020": "CODGEO", **_FILOSOFI_COLUMNS}, pad={"ze2020": _ZONE})},
        manual="Fichier du même dossier que celui des communes, déposé à la main.",
        traps_fr=_FILOSOFI_TRAPS,
    ),
    Source(
        "anct_zrr", "communes", "Communes classées en zone de revitalisation rurale", "ANCT", _LO,
        "https://www.data.gouv.fr/fr/datasets/zones-de-revitalisation-rurale-zrr/", "close le 30 juin 2024", 10_000, 34_000,
        {"*zrr*.csv": Reader(
            "csv", {"codgeo": "CODGEO", "libgeo": "LIBGEO", "zrr_simp": "ZRR_SIMP", "zonage_zrr": "ZONAGE_ZRR"}, separator=",", header_row=6)},
        manual="Série close : remplacée par France ruralités revitalisation le 1er juillet 2024.",
        geography=0,
        traps_fr=("Les communes sont celles de l'année de la liste ; plusieurs ont fusionné depuis.",),
    ),
    Source(
        "anct_frr", "communes", "Communes classées en France ruralités revitalisation", "DGCL et ANCT", _LO,
        "https://www.collectivites-locales.gouv.fr", "à chaque arrêté", 800, 30_000,
        {"*FRR*.xlsx": Reader(
            "xlsx", {"codgeo": "Code_insee", "libgeo": "Commune", "classement_frr": "Classement FRR.*"}, pad={"codgeo": _COMMUNE})},
        # The list of 10 July 2025: dated by its quarter.
        manual="L'adresse change à chaque arrêté : le fichier de juillet 2025 est déposé dans anct_frr/2025T3.",
        geography=0,
        traps_fr=("L'en-tête de la colonne du classement porte la date de l'arrêté, et l'adresse du fichier change avec elle.",),
    ),
    Source(
        "anct_qpv", "quartiers", "Quartiers prioritaires de la politique de la ville", "ANCT", _LO,
        "https://www.data.gouv.fr/fr/datasets/quartiers-prioritaires-de-la-politique-de-la-ville-qpv/", "ponctuelle", 2_000, 1,
        {"*qpv*.csv": Reader("csv", {n: n for n in ("code_qp", "lib_qp", "insee_com")}, separator=","),
         "*.zip": Reader("geojson", {n: n for n in ("code_qp", "lib_qp", "insee_com")}, member="*WGS84.geojson")},
        DataGouv("5a561801c751df42d7fca9b6", r"QP(?P<vintage>\d{4})", "zip", resource="942d4ee8-8142-4556-8ea1-335537ce1119"),
        geography=0,
        traps_fr=(
            "Un quartier est plus petit qu'une commune, et peut en toucher plusieurs : une seule est nommée ici.",
            "Habiter une commune qui a un quartier prioritaire n'est pas habiter ce quartier.",
            "Des « œ » manquent dans les noms publiés.",
        ),
    ),
    Source(
        "urssaf_commune_ape", "emplois", "Établissements et effectifs salariés par commune et activité", "Urssaf Caisse nationale",
        "ODbL (selon la notice du jeu de données)", "https://open.urssaf.fr", "annuelle (mai)", 500, 1_000,
        {"urssaf_commune_ape_*.csv": Reader(
            "csv", {"com": "Code commune", "code_ape": "Code APE"},
            unfold=Unfold(
                r"(?P<value>Nombre d'établissements|Effectifs salariés) (?P<annee>\d{4})",
                {"Nombre d'établissements": "etablissements", "Effectifs salariés": "effectifs_salaries"})),
         "etablissements-et-effectifs-salaries-*.csv": Reader(
            "csv", {"com": "code_commune", "code_ape": "code_ape"},
            unfold=Unfold(
                r"(?P<value>nombre_d_etablissements|effectifs_salaries)_(?P<annee>\d{4})",
                {"nombre_d_etablissements": "etablissements", "effectifs_salaries": "effectifs_salaries"}))},
        ExploreApi("https://open.urssaf.fr", "etablissements-et-effectifs-salaries-au-niveau-commune-x-ape-last",
                   latest=r"effectifs_salaries_(?P<vintage>\d{4})"),
        geography=0,
        traps_fr=(
            "Deux colonnes de plus chaque année : les années sont des colonnes du fichier, et des lignes de la table.",
            "Une case vide veut dire aucun salarié ou secret, sans dire lequel.",
            "Secteur privé, régime général, au 31 décembre ; les apprentis en sont depuis l'édition de juin 2023.",
        ),
    ),
    Source(
        "insee_side_creations", "zones", "Créations d'entreprises et d'établissements par zone d'emploi (SIDE)", "INSEE", _LO,
        "https://www.insee.fr/fr/statistiques/series/", "annuelle (avril)", 500, 1,
        {"insee_side_creations_ze_*.csv": Reader(
            "csv", {"ze2020": "ze2020", "libze2020": "libze2020", "annee": "target_year",
                    "creations_entreprises": "side_enterprise_creations_official",
                    "creations_etablissements": "side_establishment_creations_official"}, separator=",", pad={"ze2020": _ZONE})},
        manual="Extrait déposé à la main ; le fichier de tous les zonages est la table territoires.",
    ),
    Source(
        "insee_side_creations", "territoires", "Créations d'établissements de tous les zonages (SIDE)", "INSEE", _LO,
        "https://www.insee.fr/fr/statistiques/series/", "annuelle (avril)", 500, 100_000,
        {"DS_SIDE_CREA_ETAB_COM*": Reader(
            "csv", {"geo": "GEO", "geo_object": "GEO_OBJECT", "annee": "TIME_PERIOD", "creations_etablissements": "OBS_VALUE",
                    "obs_status": "OBS_STATUS"},
            member="*_data.csv", only={"ACTIVITY": "_T", "LEGAL_FORM": "_T"})},
        Melodi("DS_SIDE_CREA_ETAB_COM"),
        geography=0,
        traps_fr=(
            "Onze zonages dans un même fichier : additionner toutes les lignes compte chaque création plusieurs fois.",
            "Hors agriculture ; les micro-entrepreneurs ne s'en séparent pas.",
            "Le statut `W` dit que le nombre comprend celui d'une autre commune.",
        ),
    ),
    Source(
        "dares_defm", "communes", "Demandeurs d'emploi par commune, quatrièmes trimestres", "Dares et France Travail (STMT)", _LO,
        f"{_DARES}/explore/dataset/dares_defm_communales-brutes/", "annuelle", 500, 100_000,
        {"dares_defm_communales*.csv": Reader(
            "csv", {"com": "code_commune|Code commune", **_DEFM_COLUMNS},
            # Lines of the whole country and of régions have "Total" for a commune.
            only={**_DEFM_ALL, "code_commune|Code commune": "[0-9][0-9AB][0-9]{3}"})},
        ExploreApi(_DARES, "dares_defm_communales-brutes", where='sexe="Total" and tranche_d_age="Total"', vintage_field="date"),
        geography=0,
        traps_fr=(
            *_DEFM_TRAPS,
            "Paris, Lyon et Marseille paraissent deux fois, en entier et par arrondissement : ne pas additionner les deux.",
            "Quatrièmes trimestres seulement, moyenne de trois fins de mois.",
        ),
    ),
    Source(
        "dares_defm", "zones", "Demandeurs d'emploi par zone d'emploi et ancienneté, trimestriels", "Dares et France Travail (STMT)", _LO,
        f"{_DARES}/explore/dataset/dares_defm_zoneeemploi_brut_trim/", "trimestrielle", 200, 5_000,
        {"dares_defm_zone*_trim*.csv": Reader(
            "csv", {"ze2020": "code_zone_d_emploi|Code zone d'emploi", "anciennete": "anciennete|Ancienneté", **_DEFM_COLUMNS},
            only={**_DEFM_ALL, "code_zone_d_emploi|Code zone d'emploi": "[0-9]+"}, pad={"ze2020": _ZONE})},
        ExploreApi(_DARES, "dares_defm_zoneeemploi_brut_trim", where='sexe="Total" and tranche_d_age="Total"', vintage_field="date"),
        traps_fr=(*_DEFM_TRAPS, "Le nom du jeu de données prend trois « e » : `zoneeemploi`."),
    ),
    Source(
        "francetravail_defm_epci", "anciennetes", "Demandeurs d'emploi par intercommunalité et ancienneté", "France Travail", _LO,
        "https://www.data.gouv.fr", "arrêtée en 2019", 10_000, 1_000,
        {"pe_defm_epci_anciennete_*.csv": Reader(
            "csv", {"epci": "code_epci", "libepci": "lib_epci"}, separator=",",
            unfold=Unfold(r"(?P<value>)(?:anc_)?(?P<anciennete>moins_.*|\d.*|plus_.*|total)", {"": "demandeurs_emploi"})),
         # Names without codes: the warehouse finds the code by the name in the editions that have both.
         "pe_defm_epci_defm_par_epci_*.xlsx": Reader(
            "xlsx", {"libepci": "EPCI"}, sheet="par ancienneté", header_row=4,
            unfold=Unfold(r"(?P<value>)(?P<anciennete>(?:MOINS|DE|A PARTIR|Total).*)", {"": "demandeurs_emploi"}))},
        manual="Série arrêtée : les fichiers de 2017 à 2019 sont déposés à la main.",
        traps_fr=("Certaines éditions nomment l'intercommunalité sans son code : il est retrouvé par le nom dans les autres.",),
    ),
    Source(
        "siae", "structures", "Structures de l'insertion par l'activité économique", "Plateforme de l'inclusion", _LO,
        "https://lemarche.inclusion.beta.gouv.fr", "continue", 400, 3_000,
        {"siae_marche_*.csv": Reader("csv", {n: n for n in ("siret", "kind", "name", "naf", "post_code", "city")}, separator=",")},
        manual="L'adresse demande un jeton : le fichier est déposé à la main.",
        traps_fr=("Le code postal n'est pas un code de commune : la commune se cherche dans Sirene, par le SIRET.",),
    ),
    Source(
        "emplois_inclusion", "structures", "Structures de l'insertion inscrites sur Les emplois de l'inclusion",
        "Plateforme de l'inclusion", _LO, "https://emplois.inclusion.beta.gouv.fr", "continue, lue une fois par mois", 45, 3_000,
        {"siaes.ndjson": Reader("ndjson", _EMPLOIS)},
        PagedApi(
            "https://emplois.inclusion.beta.gouv.fr/api/v1/siaes/", "results", "next", {"page_size": 100},
            each=("departement", _DEPARTEMENTS), keep=tuple(_EMPLOIS.values()), period="%Y-%m"),
        traps_fr=(
            "Une antenne porte un SIRET de convention, qui finit par 999 et deux chiffres : il n'est pas dans Sirene.",
            "Le code postal n'est pas un code de commune.",
        ),
    ),
    _stock("etablissements", "Sirene : établissements", 30_000_000, "StockEtablissement", _of(
        "Etablissement", date_creation="dateCreation", code_commune="codeCommune", activite_principale="activitePrincipale",
        nomenclature_activite="nomenclatureActivitePrincipale", etat_administratif="etatAdministratif",
        caractere_employeur="caractereEmployeur", tranche_effectifs="trancheEffectifs", annee_effectifs="anneeEffectifs",
        statut_diffusion="statutDiffusion",
    ) | {"siren": "siren", "siret": "siret", "date_debut": "dateDebut", "etablissement_siege": "etablissementSiege"},
        "a29c1297-1f92-4e2a-8f6b-8c902ce96c5f"),
    _stock("unites_legales", "Sirene : unités légales", 20_000_000, "StockUniteLegale", _of(
        "UniteLegale", date_creation="dateCreation", categorie_juridique="categorieJuridique",
        activite_principale="activitePrincipale", nomenclature_activite="nomenclatureActivitePrincipale",
        etat_administratif="etatAdministratif", economie_sociale_solidaire="economieSocialeSolidaire",
        tranche_effectifs="trancheEffectifs", annee_effectifs="anneeEffectifs", nic_siege="nicSiege",
        statut_diffusion="statutDiffusion",
    ) | {"siren": "siren"}, "350182c9-148a-46e0-8389-76c2ec1374a3"),
    _stock("historique", "Sirene : états successifs des établissements", 30_000_000, "StockEtablissementHistorique", _of(
        "Etablissement", etat_administratif="etatAdministratif", activite_principale="activitePrincipale",
        nomenclature_activite="nomenclatureActivitePrincipale", caractere_employeur="caractereEmployeur",
    ) | {"siret": "siret", "date_debut": "dateDebut", "date_fin": "dateFin"}, "2b3a0c79-f97b-46b8-ac02-8be6c1f01a8c"),
    _stock("successions", "Sirene : liens de succession", 1_000_000, "StockEtablissementLiensSuccession", {
        "siret_predecesseur": "siretEtablissementPredecesseur", "siret_successeur": "siretEtablissementSuccesseur",
        "date_lien": "dateLienSuccession", "transfert_siege": "transfertSiege", "continuite_economique": "continuiteEconomique",
    }, None),
    Source(
        "insee_naf", "codes", "Nomenclature d'activités française, NAF rév. 2", "INSEE", _LO,
        "https://www.insee.fr/fr/information/2120875", "arrêtée en 2008", 10_000, 1_700,
        {"naf_rev2_*.json": Reader("json", {"code_naf": "id", "libelle": "label"})},
        manual="L'INSEE publie la nomenclature en classeurs : le fichier est déposé à la main.",
        shelf="nomenclatures", only_edition="2008",
    ),
    Source(
        "ess", "entreprises", "Liste des entreprises de l'économie sociale et solidaire", "ESS France", _LO,
        "https://www.data.gouv.fr/datasets/liste-des-entreprises-de-less", "continue", 400, 500_000,
        dict.fromkeys(("*.csv", "*57bc99ca-0432-4b46-8fcc-e76a35c9efaf*"),
                      Reader("long_csv", {"siren": "(?i)siren"}, separator=",", pad={"siren": (9, 8)})),
        DataGouv("646c8d45de96cc3428092c6b", r"(?P<vintage>\d{4})|ESS", "csv", resource="57bc99ca-0432-4b46-8fcc-e76a35c9efaf"),
        is_stock=True,
        traps_fr=("Le SIREN y perd ses zéros de tête : il est complété à neuf chiffres.",),
    ),
)  # fmt: skip


def named(text: str) -> Source:
    """The source written <schema>/<table>; SettingError lists those there are."""
    known = {"/".join(source.key): source for source in SOURCES}
    if text not in known:
        raise SettingError(f"no source is named {text}; there are: {', '.join(sorted(known))}")
    return known[text]
