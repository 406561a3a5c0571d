using FsCheck;
using FsCheck.Fluent;
using FunctionsApi.Storage.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

/// <summary>Any run of operations, against <see cref="InMemoryTableStore"/> as the oracle.</summary>
public sealed class SqliteModelTests : IAsyncLifetime
{
    private static readonly Config Config = Config.QuickThrowOnFailure.WithMaxTest(50).WithEndSize(30);

    private readonly TemporaryDirectory _directory = new();
    private SqliteTableStore _store = null!;
    private int _runs;

    private static Arbitrary<Step[]> AnyRun { get; } = (
        from kind in Gen.Elements(Enum.GetValues<Kind>())
        from partition in Gen.Elements("p", "q")
        from row in Gen.Elements("", "a", "b")
        from version in Gen.Choose(0, 20)
        select new Step(kind, new(partition, row), version)).ArrayOf().ToArbitrary();

    private static Arbitrary<string> AnyKey { get; } = (
        from parts in Gen.Elements("a", "b", "\0", "\u007f", "é", "日", "😀", "😁",
            "\ud7ff", "\ue000", "\ufffd", "\uffff").ArrayOf()
        select string.Concat(parts)).ToArbitrary();

    public async ValueTask InitializeAsync() => _store = await SqliteTableStore.OpenAsync(_directory.Database);

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public void It_answers_any_run_of_operations_as_memory_does() => Prop.ForAll(AnyRun, AnswersAsMemory).Check(Config);

    [Fact]
    public void Keys_as_bytes_are_in_the_order_of_the_keys() =>
        Prop.ForAll(AnyKey, AnyKey, AreInOrder).Check(Config.QuickThrowOnFailure);

    private static bool AreInOrder(string a, string b) =>
        Math.Sign(KeyBytes.Encode(a).AsSpan().SequenceCompareTo(KeyBytes.Encode(b))) == Math.Sign(string.CompareOrdinal(a, b))
        && KeyBytes.Encode(a).AsSpan().SequenceCompareTo(KeyBytes.End) < 0
        && KeyBytes.Decode(KeyBytes.Encode(a)) == a;

    private async Task AnswersAsMemory(Step[] run)
    {
        var table = $"run{++_runs}";
        var (expected, actual) = (new Runner(new InMemoryTableStore(), table), new Runner(_store, table));
        for (var i = 0; i < run.Length; i++)
            (await actual.Run(run[i], i)).ShouldBe(await expected.Run(run[i], i), $"step {i} of {string.Join(", ", run)}");
        (await actual.Rows()).ShouldBe(await expected.Rows());
    }

    private enum Kind
    {
        Put, PutIfAbsent, PutIfMatch, Delete, DeleteIfMatch, Batch,
    }

    /// <param name="Kind">What to do.</param>
    /// <param name="Key">To which row.</param>
    /// <param name="Version">Which of the ETags so far a condition names, from the latest.</param>
    private sealed record Step(Kind Kind, TableKey Key, int Version);

    /// <summary>ETags differ from store to store: one is known by how many came before it.</summary>
    private sealed class Runner(ITableStore store, string table)
    {
        private readonly List<string> _eTags = [];

        public async Task<bool> Run(Step step, long value)
        {
            var eTag = _eTags.ElementAtOrDefault(_eTags.Count - 1 - step.Version) ?? "none";
            return step.Kind switch
            {
                Kind.Put => await Put(PutCondition.None),
                Kind.PutIfAbsent => await Put(PutCondition.IfAbsent),
                Kind.PutIfMatch => await Put(PutCondition.IfMatch(eTag)),
                Kind.Delete => await store.DeleteAsync(table, step.Key, null, default),
                Kind.DeleteIfMatch => await store.DeleteAsync(table, step.Key, eTag, default),
                _ => await Batch(
                    Tests.Sqlite.Rows.Of(step.Key.Partition, "batched", value),
                    Tests.Sqlite.Rows.Of(step.Key.Partition, step.Key.Row, value, PutCondition.IfMatch(eTag))),
            };

            Task<bool> Put(PutCondition condition) => Batch(Tests.Sqlite.Rows.Of(step.Key.Partition, step.Key.Row, value, condition));
        }

        public async Task<(TableKey, object, int)[]> Rows() => await store.QueryAsync(table, new(), default)
            .Select(row => (row.Key, row.Values["v"], _eTags.IndexOf(row.ETag))).ToArrayAsync();

        private async Task<bool> Batch(params TablePut[] puts)
        {
            var eTags = await store.BatchAsync(table, puts, default);
            _eTags.AddRange(eTags ?? []);
            return eTags is not null;
        }
    }
}
