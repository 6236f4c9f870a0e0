"""What is asked of GraphQL about the smart home.

Amazon refuses a whole query for one field that it does not know: these are fields of Amazon's
schema, as it was introspected and as clients are known to ask for them.
"""

from typing import Final

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
