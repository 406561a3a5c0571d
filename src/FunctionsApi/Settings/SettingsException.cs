namespace FunctionsApi.Settings;

/// <summary>The program cannot start as it is configured.</summary>
/// <param name="message">Names each setting and its remedy; holds no secret.</param>
internal sealed class SettingsException(string message) : Exception(message);
