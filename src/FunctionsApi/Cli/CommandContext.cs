using FunctionsApi.Storage;

namespace FunctionsApi.Cli;

/// <summary>What commands work with.</summary>
internal sealed class CommandContext(TextWriter output, TextWriter error, TimeProvider time) : IAsyncDisposable
{
    private readonly InMemoryTableStore _store = new();

    public TextWriter Output { get; } = output;

    public TextWriter Error { get; } = error;

    public TimeProvider Time { get; } = time;

    /// <summary>The configured store, opened when first asked for.</summary>
    /// <exception cref="CommandException">The settings are wrong.</exception>
    /// <exception cref="TableStoreException">It cannot be opened.</exception>
    public Task<ITableStore> StoreAsync() => Task.FromResult<ITableStore>(_store);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
