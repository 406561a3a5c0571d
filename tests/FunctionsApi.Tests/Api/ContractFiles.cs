using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Shouldly;

namespace FunctionsApi.Tests.Api;

/// <summary>
/// What leaves the process, as the files in Contracts/ have it. Where an answer was meant to change, run FunctionsApi.Tests with
/// UPDATE_CONTRACTS=1 and read the difference.
/// </summary>
internal static partial class ContractFiles
{
    public static string Directory { get; } = Path.Combine(Path.GetDirectoryName(Here())!, "Contracts");

    /// <summary>Compares an answer whole.</summary>
    public static void Compare(IRunningApi api, string file, string answer)
    {
        var known = Ids().Replace(answer, "{id}");
        if (api.HasTimeOfContracts)
            Compare(file, known);
        else
            api.Comparable(known).ShouldBe(api.Comparable(Read(file)), file);
    }

    /// <summary>Compares an answer given at the time in the files.</summary>
    public static void Compare(string file, string answer)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_CONTRACTS") == "1")
            File.WriteAllText(Path.Combine(Directory, file), answer + "\n");
        answer.ShouldBe(Read(file), file);
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Directory, file)).ReplaceLineEndings("\n").TrimEnd('\n');

    private static string Here([CallerFilePath] string path = "") => path;

    [GeneratedRegex("[0-9a-f]{32}")]
    private static partial Regex Ids();
}
