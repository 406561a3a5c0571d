namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>A directory of one test, removed after it.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("functionsapi-").FullName;

    public string Database => File("store.db");

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
