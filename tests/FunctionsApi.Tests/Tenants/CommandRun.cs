using FunctionsApi.Cli;
using FunctionsApi.Storage;
using Microsoft.Extensions.Configuration;

namespace FunctionsApi.Tests.Tenants;

/// <summary>Runs commands one after the other on one store, each as a process of its own would.</summary>
/// <param name="settings">Besides where the store is, with <c>:</c> for <c>__</c>.</param>
internal sealed class CommandRun(params (string Name, string Value)[] settings) : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("functionsapi-");

    /// <summary>What the last command printed, without the last line's end.</summary>
    public string Output { get; private set; } = "";

    /// <inheritdoc cref="Output"/>
    public string Error { get; private set; } = "";

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        await using var context = Context(output, error);
        var code = await CommandLine.RunAsync(arguments, context);
        (Output, Error) = (output.ToString().TrimEnd(), error.ToString().TrimEnd());
        return code;
    }

    /// <summary>What other processes do with the store meanwhile.</summary>
    public async Task OnStoreAsync(Func<ITableStore, Task> act)
    {
        await using var context = Context(TextWriter.Null, TextWriter.Null);
        await act(await context.StoreAsync());
    }

    /// <returns>The path of a file that has this text.</returns>
    public async Task<string> FileAsync(string text)
    {
        var path = Path.Combine(_directory.FullName, "plans.json");
        await File.WriteAllTextAsync(path, text);
        return path;
    }

    public ValueTask DisposeAsync()
    {
        _directory.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }

    private CommandContext Context(TextWriter output, TextWriter error) => new(
        output,
        error,
        new ManualTime(),
        new ConfigurationBuilder()
            .AddInMemoryCollection([
                new("Storage:Path", Path.Combine(_directory.FullName, "store.db")),
                .. settings.Select(setting => new KeyValuePair<string, string?>(setting.Name, setting.Value)),
            ])
            .Build());
}
