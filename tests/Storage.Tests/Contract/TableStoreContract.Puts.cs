using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

public abstract partial class TableStoreContract
{
    [Fact]
    public async Task A_row_that_was_never_written_is_null()
    {
        (await Get("p", "r")).ShouldBeNull();
        await MustPut("p", "other", 1L);
        (await Get("p", "r")).ShouldBeNull();
    }

    [Fact]
    public async Task A_row_is_read_as_it_was_written()
    {
        var eTag = await MustPut("p", "r", "hello");

        var row = (await Get("p", "r")).ShouldNotBeNull();

        row.Key.ShouldBe(new("p", "r"));
        row.ETag.ShouldBe(eTag);
        row.Values.ShouldBe(new Dictionary<string, object> { ["v"] = "hello" });
    }

    [Fact]
    public async Task A_put_replaces_the_whole_row()
    {
        await MustPut("p", "r", 1L);

        var values = new Dictionary<string, object> { ["w"] = 2L };
        await Store.PutAsync(Table, new(new("p", "r"), values, PutCondition.None), Cancellation);

        (await Get("p", "r"))!.Values.ShouldBe(values);
    }

    [Fact]
    public async Task A_row_may_have_no_columns()
    {
        await Store.PutAsync(Table, new(new("p", "r"), new Dictionary<string, object>(), PutCondition.None), Cancellation);

        (await Get("p", "r"))!.Values.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_put_that_wants_the_row_absent_writes_it_once()
    {
        (await Put("p", "r", 1L, PutCondition.IfAbsent)).ShouldNotBeNull();
        (await Put("p", "r", 2L, PutCondition.IfAbsent)).ShouldBeNull();
        (await Read("p", "r")).ShouldBe(1L);
    }

    [Fact]
    public async Task A_put_that_wants_a_version_replaces_that_version_only()
    {
        var first = await MustPut("p", "r", 1L);
        var second = await Put("p", "r", 2L, PutCondition.IfMatch(first));

        (await Put("p", "r", 3L, PutCondition.IfMatch(first))).ShouldBeNull();
        (await Read("p", "r")).ShouldBe(2L);
        (await Put("p", "r", 4L, PutCondition.IfMatch(second!))).ShouldNotBeNull();
        (await Read("p", "r")).ShouldBe(4L);
    }

    [Fact]
    public async Task A_put_that_wants_a_version_does_not_make_a_row()
    {
        var eTag = await MustPut("p", "r", 1L);
        await Delete("p", "r");

        (await Put("p", "r", 2L, PutCondition.IfMatch(eTag))).ShouldBeNull();
        (await Get("p", "r")).ShouldBeNull();
    }

    [Fact]
    public async Task A_star_is_no_wildcard_for_versions()
    {
        await MustPut("p", "r", 1L);

        (await Put("p", "r", 2L, PutCondition.IfMatch("*"))).ShouldBeNull();
        (await Delete("p", "r", ifMatch: "*")).ShouldBeFalse();
        (await Read("p", "r")).ShouldBe(1L);
    }

    [Fact]
    public async Task An_ETag_is_never_used_twice_even_where_nothing_changes()
    {
        var eTags = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            eTags.Add(await MustPut("p", "r", 1L));
            eTags.Add(await MustPut("p", "r", 1L));
            await Delete("p", "r");
        }

        eTags.ShouldBeUnique();
    }

    [Fact]
    public async Task A_row_is_deleted()
    {
        await MustPut("p", "r", 1L);
        await MustPut("p", "kept", 2L);

        (await Delete("p", "r")).ShouldBeTrue();

        (await Get("p", "r")).ShouldBeNull();
        (await Read("p", "kept")).ShouldBe(2L);
        (await Put("p", "r", 3L, PutCondition.IfAbsent)).ShouldNotBeNull();
    }

    [Fact]
    public async Task Deleting_what_is_gone_is_no_error()
    {
        (await Delete("p", "r")).ShouldBeTrue();
        var eTag = await MustPut("p", "r", 1L);
        await Delete("p", "r");
        (await Delete("p", "r", ifMatch: eTag)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_delete_that_wants_a_version_leaves_others_alone()
    {
        var old = await MustPut("p", "r", 1L);
        var current = await MustPut("p", "r", 2L);

        (await Delete("p", "r", ifMatch: old)).ShouldBeFalse();
        (await Read("p", "r")).ShouldBe(2L);
        (await Delete("p", "r", ifMatch: current)).ShouldBeTrue();
        (await Get("p", "r")).ShouldBeNull();
    }

    [Fact]
    public async Task Tables_are_apart_and_their_names_ignore_case()
    {
        var other = $"u{Table}";
        await MustPut("p", "r", 1L);
        await Store.PutAsync(other, Row("p", "r", 2L), Cancellation);

        (await Store.GetAsync(Table.ToUpperInvariant(), new("p", "r"), Cancellation))!.Values["v"].ShouldBe(1L);
        (await Store.GetAsync(other, new("p", "r"), Cancellation))!.Values["v"].ShouldBe(2L);
    }
}
