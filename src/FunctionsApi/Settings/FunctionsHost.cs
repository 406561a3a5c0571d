using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace FunctionsApi.Settings;

/// <summary>The Azure Functions host that has started this program as its custom handler.</summary>
internal sealed record FunctionsHost
{
    public const string PortName = "FUNCTIONS_CUSTOMHANDLER_PORT";

    /// <summary>Where it expects us, on 127.0.0.1; 0 where it has not started us.</summary>
    [ConfigurationKeyName(PortName), Description("a port"), Range(1, ushort.MaxValue)]
    public int Port { get; set; }
}
