using System.CommandLine;
using FunctionsApi.Cli;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Docs;

/// <summary>The command lines in documents are ones that the program takes.</summary>
public sealed class CommandsInDocumentsTests
{
    private const string Program = "FunctionsApi ";
    private const string FromSource = "dotnet run --project src/FunctionsApi -- ";

    [Fact]
    public async Task Every_command_line_parses()
    {
        await using var context = Context();
        var root = CommandLine.CreateRoot(context);
        foreach (var document in Document.All)
            foreach (var line in CommandLines(document))
                root.Parse(ShellLine.Words(line)).Errors.Select(error => error.Message).ShouldBeEmpty($"{document}: {line}");
    }

    [Fact]
    public async Task The_readme_shows_every_command()
    {
        await using var context = Context();
        var shown = CommandLines(Document.Readme).ToList();
        foreach (var command in Leaves(CommandLine.CreateRoot(context)))
            shown.ShouldContain(line => (line + " ").StartsWith(command + " ", StringComparison.Ordinal), command);
    }

    private static IEnumerable<string> CommandLines(Document document) => document.ShellLines.Concat(document.Code)
        .Where(line => line.StartsWith(Program, StringComparison.Ordinal) || line.StartsWith(FromSource, StringComparison.Ordinal))
        .Select(line => line.StartsWith(Program, StringComparison.Ordinal) ? line[Program.Length..] : line[FromSource.Length..]);

    private static IEnumerable<string> Leaves(Command command, string before = "") => command.Subcommands.SelectMany(
        sub => sub.Subcommands.Count == 0 ? [before + sub.Name] : Leaves(sub, $"{before}{sub.Name} "));

    private static CommandContext Context() => new(TextWriter.Null, TextWriter.Null, new ManualTime());
}
