using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace FunctionsApi.Tests.Infra;

/// <summary>
/// Bicep's own compiler and linter. Its package is for Linux on x64: elsewhere tests that need it are skipped, but not where
/// <c>CI=true</c>.
/// </summary>
internal static class BicepCompiler
{
    private static readonly string Compiler = typeof(BicepCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "BicepCompiler").Value!;

    /// <returns>The ARM template, null where there are errors, and the compiler's and the linter's words about each file in it.</returns>
    public static async Task<(JsonNode? Template, string Diagnostics)> CompileAsync(string file)
    {
        Command.Require(OperatingSystem.IsLinux() && RuntimeInformation.OSArchitecture == Architecture.X64 && File.Exists(Compiler), "Bicep's compiler");
        var ended = await Command.RunAsync(Compiler, ["build", file, "--stdout", "--no-restore"]);
        return (ended.ExitCode == 0 ? JsonNode.Parse(ended.Output) : null, ended.Errors);
    }
}
