"""Smart-home endpoints of the account API and their GraphQL documents."""

from typing import Final

from .endpoints import Endpoint, Host

# The more appliances there are, the longer Amazon takes.
_SLOW: Final = 30

APPLIANCES: Final = Endpoint(
    name="appliances",
    method="POST",
    host=Host.WEBSITE,
    path="/nexus/v1/graphql",
    timeout=_SLOW,
    partial=True,
    csrf=False,
    whole_account=True,
)
CONTROL_APPLIANCES: Final = Endpoint(
    name="control_appliances",
    method="POST",
    host=Host.WEBSITE,
    path="/nexus/v1/graphql",
    is_write=True,
    timeout=_SLOW,
    partial=True,
)
APPLIANCE_GROUPS: Final = Endpoint(
    name="appliance_groups",
    method="GET",
    host=Host.WEBSITE,
    path="/api/phoenix/group",
    timeout=_SLOW,
    whole_account=True,
)
GUARD_STATE: Final = Endpoint(name="guard_state", method="POST", host=Host.WEBSITE, path="/api/phoenix/state")
CONTROL_PHOENIX: Final = Endpoint(
    name="control_phoenix",
    method="PUT",
    host=Host.WEBSITE,
    path="/api/phoenix/state",
    is_write=True,
    timeout=_SLOW,
    partial=True,
)

SMART_HOME_ENDPOINTS: Final = (
    APPLIANCES,
    CONTROL_APPLIANCES,
    APPLIANCE_GROUPS,
    GUARD_STATE,
    CONTROL_PHOENIX,
)


_PROPERTIES: Final = """
    name
    instance
    properties {
      __typename
      name
      error { type message }
      ... on Power { powerStateValue timeOfSample }
      ... on Brightness { brightnessStateValue timeOfSample }
      ... on Color { colorStateValue { hue saturation brightness } timeOfSample }
      ... on ColorTemperature { colorTemperatureInKelvinStateValue timeOfSample }
      ... on Lock { lockState timeOfSample }
      ... on Setpoint { value { value scale } timeOfSample }
      ... on ThermostatMode { thermostatModeValue timeOfSample }
      ... on TemperatureSensor { value { value scale } timeOfSample }
      ... on RangeValue { rangeValue { value } timeOfSample }
      ... on ToggleState { toggleStateValue timeOfSample }
      ... on Mode { modeValue { value } timeOfSample }
      ... on Illuminance { illuminanceValue { value } timeOfSample }
      ... on DetectionState { detectionStateValue timeOfSample }
      ... on Reachability { reachabilityStatusValue timeOfSample }
      ... on ArmState { armStateValue timeOfSample }
    }
"""

DISCOVER: Final = f"""
query discover {{
  listEndpoints(listEndpointsInput: {{ includeHouseholdDevices: true }}) {{
    endpoints {{
      id
      friendlyNameObject {{ value {{ text }} }}
      manufacturer {{ value {{ text }} }}
      model {{ value {{ text }} }}
      serialNumber {{ value {{ text }} }}
      softwareVersion {{ value {{ text }} }}
      displayCategories {{ primary {{ value }} }}
      legacyIdentifiers {{ dmsIdentifier {{ deviceType {{ value {{ text }} }} }} chrsIdentifier {{ entityId }} }}
      legacyAppliance {{
        applianceId
        applianceTypes
        friendlyName
        friendlyDescription
        manufacturerName
        connectedVia
        modelName
        entityId
        capabilities
        customerDefinedDeviceType
        alexaDeviceIdentifierList
        driverIdentity
        mergedApplianceIds
      }}
      features {{{_PROPERTIES}
        operations {{ name }}
        configuration {{
          __typename
          ... on RangeConfiguration {{
            friendlyName {{ value {{ text }} }}
            supportedRange {{ minimumValue maximumValue precision }}
            unitOfMeasure {{ value {{ text }} }}
            presets {{ rangeValue presetResources {{ friendlyName {{ value {{ text }} }} }} }}
          }}
          ... on ModeConfiguration {{
            friendlyName {{ value {{ text }} }}
            modeOptions {{ value modeResources {{ friendlyName {{ value {{ text }} }} }} }}
          }}
          ... on ToggleConfiguration {{ friendlyName {{ value {{ text }} }} }}
          ... on ThermostatConfiguration {{ supportedModes }}
        }}
      }}
    }}
  }}
}}
"""

STATES: Final = f"""
query states($endpointIds: [String]!) {{
  listEndpoints(
    listEndpointsInput: {{ latencyTolerance: LOW, endpointIds: $endpointIds, includeHouseholdDevices: true }}
  ) {{
    endpoints {{
      id
      features {{{_PROPERTIES}
      }}
    }}
  }}
}}
"""

CONTROL: Final = """
mutation control($input: SetEndpointFeaturesInput!) {
  setEndpointFeatures(setEndpointFeaturesInput: $input) {
    featureControlResponses { endpointId featureName instance featureOperationName code }
    errors { endpointId featureName instance featureOperationName code message }
  }
}
"""

ARM: Final = """
mutation arm($input: ArmSecurityPanelInput!) {
  armSecurityPanel(input: $input) { isSuccess error { __typename } }
}
"""
