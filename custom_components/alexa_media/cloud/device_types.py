"""Model names of Alexa devices by type id.

Amazon publishes no list; the names are those on which several projects agree.
"""

from typing import Final

from .model.devices import Device

MODELS: Final = {
    # Echo
    "AB72C64C86AW2": "Echo (1st generation)",
    "A7WXQPH584YP": "Echo (2nd generation)",
    "A3FX4UWTP28V1P": "Echo (3rd generation)",
    "A3RMGO6LYLH7YN": "Echo (4th generation)",
    "A2M35JJZWCQOMZ": "Echo Plus (1st generation)",
    "A18O6U1UQFJ0XK": "Echo Plus (2nd generation)",
    "A3RBAYBE7VM004": "Echo Studio",
    "ASQZWP4GPYUT7": "Echo Pop",
    "A3VRME03NAXFUB": "Echo Flex",
    "A1JJ0KFC4ZPNJ3": "Echo Input",
    "A3SSG6GR8UU7SN": "Echo Sub",
    "A27VEYGQBW3YR5": "Echo Link",
    "A2RU4B77X9R9NZ": "Echo Link Amp",
    "A38949IHXHRQ5P": "Echo Tap",
    # Echo Dot
    "AKNO1N0KSFN8L": "Echo Dot (1st generation)",
    "A3S5BH2HU6VAYF": "Echo Dot (2nd generation)",
    "A32DOYMUN6DTXA": "Echo Dot (3rd generation)",
    "A32DDESGESSHZA": "Echo Dot (3rd generation)",
    "A1RABVCI4QCIKC": "Echo Dot (3rd generation)",
    "A30YDR2MK8HMRV": "Echo Dot with clock (3rd generation)",
    "A2U21SRK4QGSE1": "Echo Dot (4th generation)",
    "A2H4LV5GIZ1JFT": "Echo Dot with clock (4th generation)",
    "A4ZXE0RM7LQ7A": "Echo Dot (5th generation)",
    "A2DS1Q2TPDJ48U": "Echo Dot with clock (5th generation)",
    # With a screen
    "A1NL4BVLQ4L3N3": "Echo Show (1st generation)",
    "AWZZ5CVHX2CD": "Echo Show (2nd generation)",
    "A4ZP7ZC4PI6TO": "Echo Show 5 (1st generation)",
    "A1XWJRHALS1REP": "Echo Show 5 (2nd generation)",
    "A11QM4H9HGV71H": "Echo Show 5 (3rd generation)",
    "A1Z88NGR2BK6A2": "Echo Show 8 (1st generation)",
    "A15996VY63BQ2D": "Echo Show 8 (2nd generation)",
    "A2UONLFQW0PADH": "Echo Show 8 (3rd generation)",
    "A345JHMQDGG1M5": "Echo Show 8 (4th generation)",
    "AIPK7MM90V7TB": "Echo Show 10 (3rd generation)",
    "A2LLN0UXRW4N50": "Echo Show 11",
    "A1EIANJ7PNB0Q7": "Echo Show 15 (1st generation)",
    "AQ24620N8QD5Q": "Echo Show 15 (2nd generation)",
    "AZANTNEUTYY6L": "Echo Show 21",
    "ADMKNMEVNL158": "Echo Hub",
    "A10A33FOX2NUBK": "Echo Spot (1st generation)",
    "A3EH2E0YZ30OD6": "Echo Spot (2nd generation)",
    # Wearables and car accessories
    "A303PJF6ISQ7IC": "Echo Auto (1st generation)",
    "A13W6HQIHKEN3Z": "Echo Auto (2nd generation)",
    "A16MZVIFVHX6P6": "Echo Buds (1st generation)",
    "A15QWUTQ6FSMYX": "Echo Buds (2nd generation)",
    "A3IYPH06PH1HRA": "Echo Frames",
    "A3HND3J60V1OXX": "Echo Loop",
    # Speaker groups
    "A3C9PE6TNYLTCH": "Speaker group",
    "AP1F6KUH00XPV": "Stereo pair",
    # Fire TV devices
    "A2E0SNTXJVT7WK": "Fire TV",
    "A12GXV8XMS007S": "Fire TV",
    "A2GFL5ZMWNE0PX": "Fire TV (3rd generation)",
    "ADVBD696BHNV5": "Fire TV Stick (1st generation)",
    "A2LWARUGJLBYEW": "Fire TV Stick (2nd generation)",
    "A265XOI9586NML": "Fire TV Stick (3rd generation)",
    "A31DTMEEVDDOIV": "Fire TV Stick Lite",
    "AKPGW064GI9HE": "Fire TV Stick 4K (1st generation)",
    "A1Q6UGEXJZWJQ0": "Fire TV Stick 4K (2nd generation)",
    "A3EVMLQTU6WL1W": "Fire TV Stick 4K Max (1st generation)",
    "A1WZKXFLI43K86": "Fire TV Stick 4K Max (2nd generation)",
    "A3HF4YRA2L7XGC": "Fire TV Cube (1st generation)",
    "A2JKHJ0PX4J3L3": "Fire TV Cube (2nd generation)",
    "A1VGB7MHSIEYFK": "Fire TV Cube (3rd generation)",
    # Fire tablets
    "A2M4YX06LWP8WI": "Fire 7 (5th generation)",
    "A1Q7QCGNMXAKYW": "Fire 7 (9th generation)",
    "A271DR1789MXDS": "Fire 7 (12th generation)",
    "A1C66CX2XD756O": "Fire HD 8 (8th generation)",
    "A38EHHIB10L47V": "Fire HD 8",
    "A3L0T0VL9A921N": "Fire HD 8",
    "AVU7CPPF2ZRAS": "Fire HD 8 Plus (10th generation)",
    "A1TD5Z1R8IWBHA": "Fire HD 8 (12th generation)",
    "A3R9S4ZZECZ6YL": "Fire HD 10",
    "A2V9UEGZ82H4KZ": "Fire HD 10",
    "ATNLRCEBX3W4P": "Fire HD 10 (11th generation)",
    "A2N49KXGVA18AR": "Fire HD 10 Plus (11th generation)",
    # Apps
    "A2IVLV5VM2W81": "Alexa app (iOS)",
    "A2TF17PFR55MTB": "Alexa app (Android)",
    "A1RTAM01W29CUP": "Alexa app (Windows)",
    # Other manufacturers
    "A15ERDAKK5HQQG": "Sonos",
    "A2OSP3UA4VC85F": "Sonos One (1st generation)",
    "AVD3HM0HOJAAL": "Sonos One (2nd generation)",
    "A3NPD82ABCPIDP": "Sonos Beam",
    "A2EZ3TS0L1S2KV": "Sonos Beam",
    "A2Z8O30CD35N8F": "Sonos Arc",
    "A2RG3FY1YV97SS": "Sonos Move",
    "A39OV95SPFQ9YG": "Sonos Era 100",
    "A14ZH95E6SE9Z1": "Bose Home Speaker 300",
    "A3BRT6REMPQWA8": "Bose Home Speaker 450",
    "A37SHHQ3NUL7B5": "Bose Home Speaker 500",
    "AVN2TMX8MU2YM": "Bose Home Speaker 500",
    "A2WFDCBDEXOXR8": "Bose Soundbar 700",
    "A18BI6KPKDOEI4": "ecobee4",
    "AUPUQSVCVHXP0": "ecobee Switch+",
}


def model_of(device: Device) -> str:
    """Return the model name of a device, or its family and type id if the name is unknown."""
    return device.model or MODELS.get(device.device_type) or f"{device.family_raw} {device.device_type}".strip()
