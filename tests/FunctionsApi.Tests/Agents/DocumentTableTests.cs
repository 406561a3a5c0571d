using System.Text;
using FunctionsApi.Agents;
using FunctionsApi.Agents.Knowledge;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class DocumentTableTests : IDisposable
{
    private readonly InMemoryTableStore _store = new();
    private readonly TenantTurns _turns = new();
    private readonly ManualTime _time = new();

    /// <summary>Each of the first writes, before and after it is done.</summary>
    public static TheoryData<int, bool> Kills =>
        [.. from write in Enumerable.Range(1, 4) from isDone in (bool[])[false, true] select new TheoryDataRow<int, bool>(write, isDone)];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _turns.Dispose();

    [Theory]
    [InlineData("short")]
    [InlineData("")]
    [InlineData("über 😀 漢字")]
    public async Task A_document_comes_back_as_it_was_stored(string text)
    {
        var table = Table();
        var document = Page("https://docs.example/a#b", text);
        document = document with { Info = document.Info with { Job = "j1", SourceETag = "\"7\"", SourceLastModified = _time.GetUtcNow() } };

        (await table.PutAsync("acme", document, Cancel)).ShouldBe(PutOutcome.Stored);

        var stored = (await table.FindAsync("acme", document.Info.Id, Cancel)).ShouldNotBeNull();
        document.Info.Url.ShouldBe("https://docs.example/a");
        stored.ShouldBe(document with
        {
            Info = document.Info with { Bytes = Encoding.UTF8.GetByteCount(text) + "A title".Length, Revision = await table.VersionAsync("acme", Cancel) },
        });
        (await table.FindInfoAsync("acme", document.Info.Id, Cancel)).ShouldBe(stored.Info);
        (await table.FindAsync("acme", document.Info.Id, Cancel))!.Text.ShouldBe(text);
        (await table.ListAsync("acme", Cancel).ToListAsync(Cancel)).ShouldBe([stored.Info]);
        (await table.TextsAsync("acme", Cancel).ToListAsync(Cancel)).ShouldBe([stored]);
        (await table.FindAsync("other", document.Info.Id, Cancel)).ShouldBeNull();
        (await table.VersionAsync("other", Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task A_document_that_has_changed_since_it_was_looked_at_can_be_spared()
    {
        var table = Table();
        var document = Page("https://docs.example/a", "text");
        await table.PutAsync("acme", document, Cancel);

        (await table.DeleteAsync("acme", document.Info.Id, Cancel, onlyIf: info => info.FetchedAt < document.Info.FetchedAt)).ShouldBeFalse();
        (await table.FindAsync("acme", document.Info.Id, Cancel)).ShouldNotBeNull();

        (await table.DeleteAsync("acme", document.Info.Id, Cancel, onlyIf: info => info.FetchedAt == document.Info.FetchedAt)).ShouldBeTrue();
        (await table.FindAsync("acme", document.Info.Id, Cancel)).ShouldBeNull();
    }

    [Fact]
    public async Task A_document_that_is_too_long_loses_its_end_between_two_characters()
    {
        var table = Table();
        var document = Page("https://docs.example/", "x" + new string('漢', 300_000));
        await table.PutAsync("acme", document, Cancel);

        var stored = (await table.FindAsync("acme", document.Info.Id, Cancel))!.Text;

        document.Text.ShouldStartWith(stored);
        Encoding.UTF8.GetByteCount(stored).ShouldBeInRange(DocumentTexts.MaxBytes - 3, DocumentTexts.MaxBytes);
    }

    [Fact]
    public async Task A_document_that_says_the_same_is_noted_as_fetched_and_changes_no_version()
    {
        var table = Table();
        await table.PutAsync("acme", Page("https://docs.example/a", "text"), Cancel);
        var before = await table.TotalsAsync("acme", Cancel);
        var id = Document.IdOf("https://docs.example/a");
        var revision = (await table.FindInfoAsync("acme", id, Cancel))!.Revision;
        _time.Advance(TimeSpan.FromHours(1));

        (await table.PutAsync("acme", Page("https://docs.example/a", "text"), Cancel)).ShouldBe(PutOutcome.Unchanged);

        (await table.TotalsAsync("acme", Cancel)).Version.ShouldBe(before.Version);
        var info = (await table.FindInfoAsync("acme", id, Cancel)).ShouldNotBeNull();
        info.FetchedAt.ShouldBe(_time.GetUtcNow());
        info.Revision.ShouldBe(revision);
    }

    [Fact]
    public async Task A_document_that_says_something_new_replaces_the_old_and_its_bytes()
    {
        var table = Table();
        await table.PutAsync("acme", Page("https://docs.example/a", "a long text"), Cancel);
        var before = await table.VersionAsync("acme", Cancel);

        (await table.PutAsync("acme", Page("https://docs.example/a", "text"), Cancel)).ShouldBe(PutOutcome.Stored);

        var totals = await table.TotalsAsync("acme", Cancel);
        (totals.Count, totals.Bytes).ShouldBe((1, "A titletext".Length));
        totals.Version.ShouldBeGreaterThan(before);
        (await TextsAsync(table)).ShouldBe(["text"]);
        (await RowsAsync("DocumentTexts")).ShouldBe(1);
    }

    [Fact]
    public async Task No_more_documents_are_stored_than_a_tenant_may_have()
    {
        var table = Table(new() { MaxDocuments = 2 });
        await table.PutAsync("acme", Page("https://docs.example/a", "a"), Cancel);
        await table.PutAsync("acme", Page("https://docs.example/b", "b"), Cancel);

        (await table.PutAsync("acme", Page("https://docs.example/c", "c"), Cancel)).ShouldBe(PutOutcome.TooManyDocuments);

        (await table.PutAsync("acme", Page("https://docs.example/a", "new"), Cancel)).ShouldBe(PutOutcome.Stored);
        (await table.PutAsync("other", Page("https://docs.example/c", "c"), Cancel)).ShouldBe(PutOutcome.Stored);
        await table.DeleteAsync("acme", Document.IdOf("https://docs.example/b"), Cancel);
        (await table.PutAsync("acme", Page("https://docs.example/c", "c"), Cancel)).ShouldBe(PutOutcome.Stored);
        (await RowsAsync("DocumentTexts")).ShouldBe(3);
    }

    [Fact]
    public async Task No_more_text_is_stored_than_a_tenant_may_have()
    {
        var table = Table(new() { MaxMebibytes = 1 });
        await table.PutAsync("acme", Page("https://docs.example/a", new('a', 600_000)), Cancel);

        (await table.PutAsync("acme", Page("https://docs.example/b", new('b', 600_000)), Cancel)).ShouldBe(PutOutcome.TooManyBytes);
        (await table.PutAsync("acme", Page("https://docs.example/b", new('b', 400_000)), Cancel)).ShouldBe(PutOutcome.Stored);
        (await table.PutAsync("acme", Page("https://docs.example/b", new('b', 500_000)), Cancel)).ShouldBe(PutOutcome.TooManyBytes);

        (await table.FindAsync("acme", Document.IdOf("https://docs.example/b"), Cancel))!.Text.Length.ShouldBe(400_000);
    }

    [Fact]
    public async Task Those_who_store_at_once_leave_totals_that_are_exact()
    {
        var table = Table();

        await Task.WhenAll(Enumerable.Range(0, 40).Select(number => Task.Run(
            () => table.PutAsync("acme", Page($"https://docs.example/{number % 10}", new string('x', number)), Cancel), Cancel)));

        await ShouldBeExactAsync(table);
        (await RowsAsync("DocumentTexts")).ShouldBe(10);
    }

    [Fact]
    public async Task A_crawls_documents_are_deleted_together()
    {
        var table = Table();
        for (var number = 0; number < 250; number++)
        {
            var page = Page($"https://docs.example/{number}", "text");
            await table.PutAsync("acme", page with { Info = page.Info with { Job = number % 5 == 0 ? "kept" : "gone" } }, Cancel);
        }

        (await table.DeleteByJobAsync("acme", "gone", Cancel)).ShouldBe(200);

        (await table.ListAsync("acme", Cancel).ToListAsync(Cancel)).ShouldAllBe(info => info.Job == "kept");
        await ShouldBeExactAsync(table);
        (await RowsAsync("DocumentTexts"), await RowsAsync("Documents")).ShouldBe((50, 51));
        (await table.DeleteByJobAsync("acme", "gone", Cancel)).ShouldBe(0);
    }

    [Fact]
    public async Task A_tenants_documents_are_deleted_without_a_rest_and_its_versions_go_on()
    {
        var table = Table();
        await table.PutAsync("acme", Page("https://docs.example/a", "a"), Cancel);
        await table.PutAsync("other", Page("https://docs.example/a", "a"), Cancel);
        var version = await table.VersionAsync("acme", Cancel);

        (await table.DeleteAllAsync("acme", Cancel)).ShouldBe(1);

        (await table.VersionAsync("acme", Cancel)).ShouldBe(0);
        (await RowsAsync("DocumentTexts"), await RowsAsync("Documents")).ShouldBe((1, 2));
        _time.Advance(TimeSpan.FromSeconds(1));
        await table.PutAsync("acme", Page("https://docs.example/a", "a"), Cancel);
        (await table.VersionAsync("acme", Cancel)).ShouldBeGreaterThan(version);
    }

    [Fact]
    public async Task The_totals_are_no_document()
    {
        var table = Table();
        await table.PutAsync("acme", Page("https://docs.example/a", "a"), Cancel);

        (await table.FindAsync("acme", DocumentTotals.RowKey, Cancel)).ShouldBeNull();
        (await table.DeleteAsync("acme", DocumentTotals.RowKey, Cancel)).ShouldBeFalse();
    }

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Who_is_killed_while_storing_leaves_the_document_as_it_was_or_as_it_is_to_be(int lastWrite, bool isDone)
    {
        await Table().PutAsync("acme", Page("https://docs.example/a", "old"), Cancel);
        var mortal = new MortalStore(_store, lastWrite, isDone);
        await KilledAsync(() => Table(store: mortal).PutAsync("acme", Page("https://docs.example/a", "new"), Cancel));

        var table = Table();
        (await TextsAsync(table)).ShouldHaveSingleItem().ShouldBeOneOf("old", "new");
        await ShouldBeExactAsync(table);
        await table.PutAsync("acme", Page("https://docs.example/a", "newest"), Cancel);
        (await RowsAsync("DocumentTexts")).ShouldBe(1);
        await ShouldBeExactAsync(table);
    }

    [Theory]
    [MemberData(nameof(Kills))]
    public async Task Who_is_killed_while_deleting_leaves_the_document_or_nothing_that_is_seen(int lastWrite, bool isDone)
    {
        var page = Page("https://docs.example/a", "text");
        page = page with { Info = page.Info with { Job = "j" } };
        await Table().PutAsync("acme", page, Cancel);
        var mortal = new MortalStore(_store, lastWrite, isDone);
        await KilledAsync(() => Table(store: mortal).DeleteByJobAsync("acme", "j", Cancel));

        var table = Table();
        (await TextsAsync(table)).Count.ShouldBe((int)(await table.TotalsAsync("acme", Cancel)).Count);
        await ShouldBeExactAsync(table);
        await table.DeleteByJobAsync("acme", "j", Cancel);
        (await RowsAsync("DocumentTexts"), await RowsAsync("Documents")).ShouldBe((0, 1));
        (await table.PutAsync("acme", page, Cancel)).ShouldBe(PutOutcome.Stored);
        (await TextsAsync(table)).ShouldBe(["text"]);
    }

    private static async Task KilledAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (TableStoreException)
        {
            // That was the end of the process.
        }
    }

    private async Task ShouldBeExactAsync(DocumentTable table)
    {
        var infos = await table.ListAsync("acme", Cancel).ToListAsync(Cancel);
        var totals = await table.TotalsAsync("acme", Cancel);
        (totals.Count, totals.Bytes).ShouldBe((infos.Count, infos.Sum(info => info.Bytes)));
    }

    private async Task<List<string>> TextsAsync(DocumentTable table) =>
        await table.TextsAsync("acme", Cancel).Select(document => document.Text).ToListAsync(Cancel);

    private async Task<int> RowsAsync(string name) => await _store.QueryAsync(name, new(), Cancel).CountAsync(Cancel);

    private DocumentTable Table(KnowledgeOptions? limits = null, ITableStore? store = null) => new(store ?? _store, _turns, limits ?? new(), _time);

    private Document Page(string url, string text) => Document.Of(url, "A title", text, _time.GetUtcNow());
}
