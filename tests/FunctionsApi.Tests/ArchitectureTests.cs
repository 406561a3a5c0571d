using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests;

/// <summary>Dependencies point one way, between projects and between the rooms of the program.</summary>
public sealed class ArchitectureTests
{
    private const string Root = "FunctionsApi";

    private static readonly Architecture Program = new ArchLoader()
        .LoadAssemblies(typeof(Composition).Assembly, typeof(Quotas.Instant).Assembly, typeof(Storage.ITableStore).Assembly)
        .Build();

    // Dependencies among types of one room are its own affair; the files beside the rooms put them together.
    private static readonly ILookup<string, string> References = Program.Types
        .SelectMany(type => type.Dependencies, (type, dependency) => (From: RoomOf(type), To: RoomOf(dependency.Target)))
        .Where(reference => reference is { From: not null, To: not null } && reference.From != reference.To)
        .Distinct()
        .ToLookup(reference => reference.From!, reference => reference.To!);

    [Fact]
    public void No_room_depends_on_one_that_depends_on_it() =>
        References.Select(room => CycleFrom(room.Key)).ShouldAllBe(cycle => cycle == null);

    [Fact]
    public void Settings_depend_on_no_other_room() => References["Settings"].ShouldBeEmpty();

    [Fact]
    public void The_core_depends_on_nothing_of_ours() => ProjectsUsedBy(typeof(Quotas.Instant)).ShouldBe(["FunctionsApi.Quotas"]);

    [Fact]
    public void The_store_depends_on_nothing_of_ours() => ProjectsUsedBy(typeof(Storage.ITableStore)).ShouldBe(["FunctionsApi.Storage"]);

    // One class for what the host triggers, and not a second way to do the same alone.
    [Theory]
    [InlineData(nameof(FunctionsApi.Agents.Ingestion.CrawlWorker), nameof(FunctionsApi.Agents.Ingestion.CrawlFunctions), nameof(FunctionsApi.Agents.Ingestion.CrawlDelivery))]
    [InlineData(nameof(FunctionsApi.Alone.SweepTimer), nameof(FunctionsApi.Sweeps.SweepsFunctions), nameof(FunctionsApi.Sweeps.Sweeper))]
    public void What_runs_alone_calls_the_function_that_the_host_triggers(string service, string functions, string behind)
    {
        var used = Program.Types.Where(type => type.Name == service).SelectMany(type => type.Dependencies).Select(dependency => dependency.Target.Name).ToHashSet();

        used.ShouldContain(functions);
        used.ShouldNotContain(behind);
    }

    [Fact]
    public void The_rooms_were_found() => References["Api"].ShouldContain("Auth");

    private static IEnumerable<string> ProjectsUsedBy(System.Type member) => Program.Types
        .Where(type => type.Assembly.Name == member.Assembly.GetName().Name)
        .SelectMany(type => type.Dependencies)
        .Select(dependency => NamespaceOf(dependency.Target))
        .Where(name => name.StartsWith(Root, StringComparison.Ordinal))
        .Select(name => string.Join('.', name.Split('.').Take(2)))
        .Distinct();

    // Type parameters of one name are taken for one another, wherever they are declared.
    private static string NamespaceOf(IType type) => type is GenericParameter ? "" : type.Namespace?.FullName ?? "";

    /// <returns>Null for what is not in a room of the program.</returns>
    private static string? RoomOf(IType type)
    {
        var parts = NamespaceOf(type).Split('.');
        return parts is [Root, not ("Quotas" or "Storage"), ..] ? parts[1] : null;
    }

    /// <returns>The rooms on the way back to the first; null where there is no such way.</returns>
    private static string? CycleFrom(string room)
    {
        var paths = new Queue<string[]>([[room]]);
        var seen = new HashSet<string>();
        while (paths.TryDequeue(out var path))
            foreach (var next in References[path[^1]])
            {
                if (next == room)
                    return string.Join(" -> ", [.. path, room]);
                if (seen.Add(next))
                    paths.Enqueue([.. path, next]);
            }
        return null;
    }
}
