"""What police systems call the fields of a mapping, the likeliest first: in small letters and digits alone.

From exports of Athena, Niche RMS, Connect and spreadsheets for crimes; of vehicle and radio tracking (AVL, Airwave) for
positions; and of patrol sheets. A name that is not here is looked for in parts, and by its values: `proposal`.
"""

from __future__ import annotations

CALLSIGN = (
    "callsign", "unit", "unitcallsign", "callsignid", "unitid", "unitname", "unitno", "resource", "resourceid",
    "resourcename", "resourcecallsign", "vehiclecallsign", "vehicle", "vehicleid", "fleetno", "fleetnumber", "fleetid",
    "registration", "vrm", "vehiclereg", "issi", "ssi", "radioid", "radio", "terminalid", "deviceid", "device",
    "deviceserial", "imei", "asset", "assetid", "assetname", "collarnumber", "collarno", "shouldernumber",
)  # fmt: skip
# Names that degrees and metres have alike: the values decide.
EITHER_X = ("x", "xcoord", "xcoordinate", "coordx", "locx", "locationx", "pointx", "gisx", "geox", "posx")
EITHER_Y = ("y", "ycoord", "ycoordinate", "coordy", "locy", "locationy", "pointy", "gisy", "geoy", "posy")
PLACES = {
    "longitude": ("longitude", "lon", "long", "lng", "longitudewgs84", "lonwgs84", "gpslongitude", "gpslon", "poslon",
                  *EITHER_X),
    "latitude": ("latitude", "lat", "latitudewgs84", "latwgs84", "gpslatitude", "gpslat", "poslat", *EITHER_Y),
    "easting": ("easting", "eastings", "eastingbng", "oseasting", "bngeasting", "gridx", "osx", "bngx", "gridrefeast",
                "gridrefx", "east", "e", *EITHER_X),
    "northing": ("northing", "northings", "northingbng", "osnorthing", "bngnorthing", "gridy", "osy", "bngy",
                 "gridrefnorth", "gridrefy", "north", "n", *EITHER_Y),
}  # fmt: skip
INCIDENTS = {
    "id": (
        "crimeref", "crimereference", "crimereferencenumber", "crimerefno", "crimerefnumber", "crimenumber", "crimeno",
        "crimeid", "crimeurn", "crimereportnumber", "investigationref", "investigationreference", "investigationurn",
        "investigationnumber", "investigationid", "occurrencenumber", "occurrenceno", "occurrenceref", "occurrenceid",
        "occurrencefileno", "rmsoccurrenceno", "rmsoccurrencenumber", "occno", "incidentref", "incidentnumber",
        "incidentno", "incidentid", "incidenturn", "recordid", "recordno", "recordnumber", "reportnumber", "reportno",
        "urn", "reference", "referencenumber", "refno", "ref", "uniqueid", "id", "crime",
    ),
    "ho_class": (
        "hoclass", "hoclassification", "hoclasscode", "homeofficeclass", "homeofficeclassification", "hocode",
        "homeofficecode", "hooffencecode", "homeofficeoffencecode", "hoccode", "hocrcode", "hocr", "hosubcode",
        "hocrclassification", "crimeclassificationcode", "classificationcode", "offenceclass", "crimecode",
        "offencecode", "ho",
    ),
    "athena_urn": ("athenaurn", "offenceurn", "athenaoffenceurn", "athenaoffencecode", "athenacode"),
    "title": (
        "offencetitle", "offencedescription", "offencedesc", "offencename", "offence", "offencetype", "hodescription",
        "homeofficedescription", "hooffencedescription", "hocrdescription", "crimedescription", "crimetitle",
        "crimeclassification", "crimetype", "classification", "classificationdescription", "occurrencetype",
        "incidenttype", "primaryoffence",
    ),
    "committed_from": (
        "committedfrom", "committedfromdatetime", "committedfromdate", "committeddatefrom", "committeddatetimefrom",
        "datecommittedfrom", "datetimecommittedfrom", "firstcommitted", "firstcommitteddate", "earliestcommitted",
        "earliestdate", "earliestdatetime", "offencedatefrom", "offencedatetimefrom", "offencefrom", "offencefromdate",
        "offencestart", "offencestartdate", "offencestartdatetime", "occurredfrom", "occurredfromdate",
        "occurrencestart", "occurrencestartdate", "occurrencestartdatetime", "startdatetime", "starttimestamp",
        "startdate", "datefrom", "fromdate", "datetimefrom", "committeddate", "committedon", "committed",
        "datecommitted", "offencedate", "dateofoffence", "offencedatetime", "occurreddate", "occurredon",
        "dateoccurred", "incidentdate", "incidentdatetime", "eventdate", "start", "from", "datetime", "date", "d",
    ),
    "committed_to": (
        "committedto", "committedtodatetime", "committedtodate", "committeddateto", "committeddatetimeto",
        "datecommittedto", "datetimecommittedto", "lastcommitted", "lastcommitteddate", "latestcommitted", "latestdate",
        "latestdatetime", "offencedateto", "offencedatetimeto", "offenceto", "offencetodate", "offenceend",
        "offenceenddate", "offenceenddatetime", "occurredto", "occurredtodate", "occurrenceend", "occurrenceenddate",
        "occurrenceenddatetime", "enddatetime", "endtimestamp", "enddate", "dateto", "todate", "datetimeto", "end",
        "to",
    ),
    "recorded": (
        "recordedon", "recordeddate", "recordeddatetime", "daterecorded", "datetimerecorded", "recorded", "crimeddate",
        "reportedon", "reporteddate", "reporteddatetime", "datereported", "reported", "createdon", "createddate",
        "datecreated",
    ),
    **PLACES,
    "knife": ("knife", "knifeflag", "knifecrime", "knifecrimeflag", "knifeused", "knifeenabled", "bladedarticle",
              "bladeused", "sharpinstrument"),
    "gun": ("gun", "gunflag", "guncrime", "guncrimeflag", "firearm", "firearmflag", "firearmused", "firearms"),
    "domestic": ("domestic", "domesticflag", "domesticabuse", "domesticabuseflag", "daflag", "da", "dvflag",
                 "domesticviolence", "domesticrelated", "isdomestic"),
    "alcohol": ("alcohol", "alcoholflag", "alcoholrelated", "alcoholinvolved"),
    "proactive": ("proactive", "proactiveflag", "policegenerated", "selfgenerated"),
    "victim_age": ("victimage", "ageofvictim", "vicage", "victimageatoffence", "agevictim"),
    "location_type": ("locationtype", "premisestype", "premisetype", "locationcategory", "placetype", "premises"),
    "location": ("location", "street", "streetname", "locationdescription", "locationtext", "place", "road",
                 "roadname"),
}  # fmt: skip
PINGS = {
    "unit": CALLSIGN,
    "time": (
        "time", "timestamp", "datetime", "fixtime", "fixdatetime", "gpstime", "gpsdatetime", "gpstimestamp",
        "positiontime", "positiondatetime", "locationtime", "eventtime", "eventdatetime", "recordedat", "reportedat",
        "reporttime", "datetimeutc", "timeutc", "utctime", "utcdatetime", "timestamputc", "fixtimeutc", "gpstimeutc",
        "lastupdate", "updatetime", "receivedtime", "servertime", "fixdate", "gpsdate", "date",
    ),
    **PLACES,
    "speed": ("speed", "speedkmh", "speedkph", "speedmph", "speedknots", "speedms", "gpsspeed", "kmh", "kph", "mph",
              "velocity", "groundspeed", "sog"),
    "status": ("status", "unitstatus", "resourcestatus", "statusdescription", "statustext", "statusname", "statuscode",
               "dutystatus", "state"),
    "officers": ("officers", "crewsize", "crew", "crewcount", "officercount", "numberofofficers", "noofofficers"),
}  # fmt: skip
PATROL_LOG = {
    "entry": ("entry", "entryno", "entrynumber", "logno", "lognumber", "logref", "logid", "patrolid", "patrolno",
              "patrolref", "taskid", "activityid", "recordid", "urn", "reference", "ref", "id", "no"),
    "unit": CALLSIGN,
    "officers": ("officers", "officer", "officernames", "officername", "crew", "crewsize", "names", "staff",
                 "patrolledby", "completedby", "numberofofficers", "noofofficers"),
    "area": ("area", "hotspot", "hotspotid", "hotspotno", "hotspotnumber", "hotspotref", "hotspotname", "patrolarea",
             "zone", "hex", "hexid", "site"),
    **PLACES,
    "start": ("start", "starttime", "startdatetime", "timestart", "timestarted", "started", "timein", "timeon",
              "timearrived", "arrived", "arrival", "arrivaltime", "arrivedat", "timefrom", "from", "patrolstart",
              "patrolstarttime", "datetimefrom", "begin", "began", "in"),
    "end": ("end", "endtime", "enddatetime", "timeend", "timeended", "ended", "timeout", "timeoff", "timeleft", "left",
            "departed", "departure", "departuretime", "departedat", "timeto", "to", "patrolend", "patrolendtime",
            "datetimeto", "finish", "finished", "finishtime", "out"),
    "mode": ("mode", "patrolmode", "patroltype", "transport", "footorvehicle", "footvehicle", "method"),
    "activity": ("activity", "activities", "activitytype", "actions", "summary", "details", "notes", "comments",
                 "remarks", "description"),
    "reactive": ("reactive", "call", "oncall", "response", "isresponse"),
    "searches": ("searches", "stopsearches", "stopsearch", "stopandsearch", "stopandsearches", "noofsearches"),
    "arrests": ("arrests", "arrest", "noofarrests", "numberofarrests"),
    "weapons": ("weapons", "weaponsfound", "weaponsseized", "weaponsrecovered", "knivesfound"),
}  # fmt: skip
NAMES: dict[str, dict[str, tuple[str, ...]]] = {"incidents": INCIDENTS, "pings": PINGS, "patrol-log": PATROL_LOG}
# A date whose time of day stands in another column, and the reverse: what the two have in common is the field.
DATE_WORDS, TIME_WORDS = ("date", "day", "dt", "d", "on"), ("time", "tm", "t", "at", "hour", "clock")
DATES = ("date", "patroldate", "dateofpatrol", "day", "startdate", "datestart")  # one for both start and end
ON_CALL_PARTS = (
    "SCENE", "ROUTE", "ON CALL", "ASSIGNED", "DISPATCH", "ATTEND", "RESPOND", "RESPONSE", "COMMITTED", "INCIDENT",
    "PRISONER", "CUSTODY",
)  # fmt: skip
YES, NO = ("Y", "YES", "1", "TRUE", "T"), ("N", "NO", "0", "FALSE", "F")
