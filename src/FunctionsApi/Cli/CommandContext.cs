using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using Spectre.Console;

namespace FunctionsApi.Cli;

/// <summary>What commands work with.</summary>
/// <param name="output">For results alone.</param>
/// <param name="error">For everything else.</param>
/// <param name="time">The clock.</param>
/// <param name="configuration">Where settings come from; null is what the server reads.</param>
internal sealed class CommandContext(TextWriter output, TextWriter error, TimeProvider time, IConfiguration? configuration = null)
    : IAsyncDisposable
{
    // Wide enough that a script's lines do not wrap.
    private const int RedirectedWidth = 240;

    // For a terminal and not for a web page: a plus sign or an umlaut stands as itself, and can be copied.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lazy<AppSettings> _settings = new(() => AppSettings.Read(configuration ?? AppSettings.Load(Configured)));
    private ITableStore? _store;

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    public TimeProvider Time { get; } = time;

    /// <exception cref="SettingsException">They are wrong.</exception>
    public AppSettings Settings => _settings.Value;

    /// <summary>The configured store, opened when first asked for.</summary>
    /// <exception cref="SettingsException">The settings are wrong.</exception>
    /// <exception cref="TableStoreException">It cannot be opened.</exception>
    public async Task<ITableStore> StoreAsync() =>
        _store ??= await ConfiguredStore.OpenAsync(Settings.Storage);

    /// <summary>Prints one JSON document.</summary>
    public void PrintJson(Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Readable))
            write(json);
        Output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    public void Print(Table table) => Console().Write(table);

    /// <summary>The output as tables are written to it.</summary>
    public IAnsiConsole Console()
    {
        var console = AnsiConsole.Create(new() { Out = new AnsiConsoleOutput(Output) });
        if (!console.Profile.Out.IsTerminal)
        {
            console.Profile.Width = RedirectedWidth;
            console.Profile.Capabilities.Ansi = false;
        }

        return console;
    }

    public ValueTask DisposeAsync() => (_store as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask;

    private static IConfigurationRoot Configured() => new ConfigurationBuilder()
        .SetBasePath(Directory.GetCurrentDirectory())
        .AddJsonFile("appsettings.json", optional: true)
        .AddEnvironmentVariables()
        .Build();
}
