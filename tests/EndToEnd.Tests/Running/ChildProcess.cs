using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FunctionsApi.EndToEnd.Tests.Running;

/// <summary>Another program: what it says, how it ends, and the end of it at the latest when the test is over.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int Terminate = 15;

    private readonly Process _process;
    private readonly Output _output = new();
    private readonly Output _errors = new();

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => _output.Add(line.Data);
        process.ErrorDataReceived += (_, line) => _errors.Add(line.Data);
    }

    public int Id => _process.Id;

    public string Output => _output.Text;

    public string Errors => _errors.Text;

    /// <summary>What it said and, where it has ended, how.</summary>
    public string Account =>
        $"{(_process.HasExited ? $"Exit code {_process.ExitCode}." : "It runs.")}\nOutput:\n{Output}\nErrors:\n{Errors}";

    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string directory)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        ForgetOurSettings(start.Environment, except: environment);

        var child = new ChildProcess(new() { StartInfo = start });
        child._process.Start();
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        child._process.StandardInput.Close();
        return child;
    }

    /// <returns>The first line of output that begins so.</returns>
    public async Task<string> LineAsync(string beginning)
    {
        var line = _output.LineAsync(beginning);
        await Patience.WaitAsync(
            Task.WhenAny(line, _process.WaitForExitAsync()), $"a line that begins with '{beginning}'", () => Account);
        return line.IsCompleted ? await line : throw new InvalidOperationException($"No line begins with '{beginning}'. {Account}");
    }

    /// <returns>The exit code, when all output has been read.</returns>
    public async Task<int> ExitAsync()
    {
        await Patience.WaitAsync(_process.WaitForExitAsync(), $"the end of {_process.StartInfo.FileName}", () => Account);
        return _process.ExitCode;
    }

    /// <summary>SIGTERM.</summary>
    public void Stop() => Stop(_process.Id);

    /// <summary>SIGTERM to a process that another one has started.</summary>
    public static void Stop(int process) => SendSignal(process, Terminate).ShouldBe(0, "The process cannot be signalled.");

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // With what it started itself, as dotnet run does.
            _process.Kill(entireProcessTree: true);
            await ExitAsync();
        }

        _process.Dispose();
    }

    // What somebody has set in the shell that runs the tests must not change what they see.
    private static void ForgetOurSettings(IDictionary<string, string?> all, IReadOnlyDictionary<string, string> except)
    {
        string[] ours =
        [
            "Storage__", "Quotas__", "Usage__", "Auth__", "Cors__", "Crawl__", "Dashboard__", "Knowledge__", "Llm__", "Operations__", "Retention__", "Upstreams__",
            "ASPNETCORE_", "FUNCTIONS_", "URLS", "DOTNET_ENVIRONMENT",
        ];
        foreach (var name in all.Keys.Where(name => !except.ContainsKey(name)).ToList())
            if (ours.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase)))
                all.Remove(name);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
