using System.Net.Sockets;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>The pages of <c>tests/Site</c>, as a real nginx serves them on a port of this machine.</summary>
internal sealed class Nginx : IAsyncDisposable
{
    // By which the pages name their own site.
    private const string NamedSite = "http://site.example";

    // Somebody else may take a port between the moment when it is found free and the one when nginx listens.
    private const int MostTries = 5;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("nginx-");
    private ChildProcess? _process;

    private Nginx()
    {
    }

    public Uri Address { get; private set; } = null!;

    public static async Task<Nginx> StartAsync()
    {
        var program = await Tool.NginxAsync();
        var nginx = new Nginx();
        for (var tries = 1; !await nginx.TryStartAsync(program); tries++)
            if (tries == MostTries)
                throw new InvalidOperationException($"nginx does not start. {nginx._process?.Account}");
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        _directory.Delete(recursive: true);
    }

    private async Task<bool> TryStartAsync(string program)
    {
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        Address = new($"http://127.0.0.1:{FreePort()}/");
        CopySite();
        await File.WriteAllTextAsync(Path.Combine(_directory.FullName, "nginx.conf"), Configuration());
        _process = ChildProcess.Start(
            program, ["-p", _directory.FullName, "-c", "nginx.conf", "-e", "stderr"], new Dictionary<string, string>(), _directory.FullName);
        var ended = _process.ExitAsync();
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        var answers = false;
        await Patience.UntilAsync(async () => ended.IsCompleted || (answers = await AnswersAsync(client)), "nginx");
        return answers;
    }

    private async Task<bool> AnswersAsync(HttpClient client)
    {
        try
        {
            return (await client.GetStringAsync(new Uri(Address, "sitemap.xml"))).Contains(Address.Authority, StringComparison.Ordinal);
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private void CopySite()
    {
        var site = Path.Combine(Built.RepositoryRoot, "tests", "Site");
        foreach (var file in Directory.EnumerateFiles(site, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_directory.FullName, "site", Path.GetRelativePath(site, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllText(copy, File.ReadAllText(file).Replace(NamedSite, Address.ToString().TrimEnd('/'), StringComparison.Ordinal));
        }
    }

    private string Configuration() => $$"""
        daemon off;
        master_process off;
        pid nginx.pid;
        events {}
        http {
          access_log off;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          types { text/html html; text/markdown md; text/plain txt; text/xml xml; }
          server { listen {{Address.Authority}}; root site; }
        }
        """;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
