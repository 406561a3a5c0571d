using System.Collections;

namespace FunctionsApi.TestKit.Hosting;

/// <summary>The host's environment: that of this process, with the app settings over it.</summary>
public sealed class HostSettings
{
    private readonly Dictionary<string, string?> _values;

    internal HostSettings(IReadOnlyDictionary<string, string?> appSettings)
    {
        _values = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value);
        foreach (var (name, value) in appSettings)
            _values[name] = value;
    }

    /// <returns>Null where it is not set.</returns>
    public string? Find(string name) => _values.GetValueOrDefault(name);

    /// <summary>Puts settings in where a binding names them, as in <c>%Queue%</c>.</summary>
    public string Expand(string text)
    {
        foreach (var (name, value) in _values)
            text = text.Replace($"%{name}%", value, StringComparison.OrdinalIgnoreCase);
        return text;
    }

    internal bool IsOn(string name) => string.Equals(Find(name), bool.TrueString, StringComparison.OrdinalIgnoreCase);

    /// <summary>What a worker's environment has besides that of this process.</summary>
    internal Dictionary<string, string?> ForWorker(AppFiles app, Uri address, IReadOnlyDictionary<string, string?> appSettings) => new(appSettings)
    {
        ["FUNCTIONS_APPLICATION_DIRECTORY"] = app.Directory,
        ["FUNCTIONS_WORKER_DIRECTORY"] = app.Directory,
        ["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated",
        ["WEBSITE_HOSTNAME"] = appSettings.GetValueOrDefault("WEBSITE_HOSTNAME") ?? address.Authority,
    };
}
