
namespace FunctionsApi.Settings;

/// <summary>The Azure Functions host that has started this program as its custom handler.</summary>
/// <param name="Port">Where it expects us, on 127.0.0.1.</param>
internal sealed record FunctionsHost(int Port)
{
    /// <param name="reader">Is told what does not go with the host.</param>
    /// <param name="storage">Ours.</param>
    /// <returns>Null where something else started us.</returns>
    public static FunctionsHost? Read(SettingsReader reader, StorageSettings storage)
    {
        if (reader.Port("FUNCTIONS_CUSTOMHANDLER_PORT") is not { } port)
            return null;
        HostStorage.Check(reader, storage);
        return new(port);
    }
}
