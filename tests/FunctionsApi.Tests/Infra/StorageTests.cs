using System.Text.RegularExpressions;
using FunctionsApi.Tests.Docs;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infra;

/// <summary>What is provisioned in storage is what the program uses.</summary>
public sealed partial class StorageTests
{
    private const string Poison = "-poison";

    [Fact]
    public async Task The_tables_are_those_that_the_program_uses() =>
        (await NamesAsync("tables")).ShouldBe(Sources.SelectMany(TablesIn).Distinct(), ignoreOrder: true);

    [Fact]
    public async Task The_queues_are_those_that_the_program_uses_each_with_one_for_poison()
    {
        var queues = (await NamesAsync("queues")).Where(name => !name.EndsWith(Poison, StringComparison.Ordinal)).ToArray();
        var used = Sources.SelectMany(QueuesIn).Distinct().ToArray();
        queues.ShouldBe(used, ignoreOrder: true);
        (await NamesAsync("queues")).ShouldBe(queues.SelectMany(name => new[] { name, name + Poison }), ignoreOrder: true);
    }

    [Fact]
    public async Task Storage_takes_no_keys_and_shows_nothing_to_the_public()
    {
        var storage = await InfraFiles.ModuleAsync("storage");
        var properties = storage.Resource("account")["properties"]!;
        properties["allowSharedKeyAccess"]!.GetValue<bool>().ShouldBeFalse();
        properties["allowBlobPublicAccess"]!.GetValue<bool>().ShouldBeFalse();
        properties["supportsHttpsTrafficOnly"]!.GetValue<bool>().ShouldBeTrue();
        properties["minimumTlsVersion"]!.GetValue<string>().ShouldBe("TLS1_2");
        storage.Resource("deploymentContainer")["properties"]!["publicAccess"]!.GetValue<string>().ShouldBe("None");
    }

    [Theory]
    [InlineData("""private const string Table = "Things"; … store.GetAsync(Table, key)""", "Things")]
    [InlineData("""private const string Jobs = "Jobs", OpenJobs = "OpenJobs"; … store.QueryAsync(OpenJobs, query) … store.PutAsync(Jobs, put)""", "OpenJobs, Jobs")]
    [InlineData("""await store.PutAsync("Meta", put)""", "Meta")]
    [InlineData("""private const string Column = "Json"; … cache.GetAsync(Column)""", "")]
    public void A_table_is_found_where_the_program_uses_it(string source, string tables) =>
        string.Join(", ", TablesIn(source)).ShouldBe(tables);

    [Theory]
    [InlineData("""public const string QueueName = "crawl-jobs";""", "crawl-jobs")]
    [InlineData("""private const string Jobs = "Jobs", JobQueue = "JobQueue";""", "")]
    public void A_queue_is_found_where_the_program_names_it(string source, string queues) =>
        string.Join(", ", QueuesIn(source)).ShouldBe(queues);

    private static IEnumerable<string> Sources => Directory
        .EnumerateFiles(Path.Combine(Document.Repository, "src", "FunctionsApi"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
        .Select(File.ReadAllText);

    private static IEnumerable<string> TablesIn(string source) =>
        from use in TableUsePattern().Matches(source)
        let name = use.Groups["constant"].Success
            ? Regex.Match(source, $@"\b{use.Groups["constant"].Value} = ""(\w+)""").Groups[1].Value
            : use.Groups["table"].Value
        select name;

    private static IEnumerable<string> QueuesIn(string source) => QueuePattern().Matches(source).Select(match => match.Groups[1].Value);

    private static async Task<string[]> NamesAsync(string variable) =>
        [.. (await InfraFiles.ModuleAsync("storage")).Variable(variable).AsArray().Select(name => name!.GetValue<string>())];

    [GeneratedRegex(@"\bstore\.(Get|Put|Delete|Query|Batch)Async\((""(?<table>\w+)""|(?<constant>[A-Z]\w*))\s*,")]
    private static partial Regex TableUsePattern();

    // A queue's name has small letters, digits and dashes only.
    [GeneratedRegex(@"\b\w*Queue\w* = ""([a-z0-9]+(?:-[a-z0-9]+)+)""")]
    private static partial Regex QueuePattern();
}
