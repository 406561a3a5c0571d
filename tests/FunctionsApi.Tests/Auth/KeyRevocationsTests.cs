using FunctionsApi.Auth;
using FunctionsApi.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Auth;

public sealed class KeyRevocationsTests
{
    private readonly InMemoryTableStore _store = new();
    private readonly ManualTime _time = new();
    private readonly KeyTable _keys;
    private readonly KeyRevocations _revocations;

    public KeyRevocationsTests()
    {
        _keys = new(_store, _time);
        _revocations = new(_keys, _time, NullLogger<KeyRevocations>.Instance);
    }

    [Fact]
    public async Task Those_since_a_position_are_told_apart_from_those_before_it()
    {
        var (before, after, never) = (await KeyAsync(), await KeyAsync(), await KeyAsync());
        await RevokeAsync(before);
        var position = _revocations.Position;
        await RevokeAsync(after);

        _revocations.MayInclude(before, position).ShouldBeFalse();
        _revocations.MayInclude(after, position).ShouldBeTrue();
        _revocations.MayInclude(never, position).ShouldBeFalse();
        _revocations.MayInclude(before, 0).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_more_than_the_row_lists_every_key_may_be_one()
    {
        var (many, never) = (await KeyAsync(), await KeyAsync());
        var position = _revocations.Position;
        for (var i = 0; i < 501; i++)
            await _keys.RevokeAsync(many, TestHost.Cancelled);
        await ReadAsync();

        _revocations.MayInclude(never, position).ShouldBeTrue();
        _revocations.MayInclude(never, _revocations.Position - 500).ShouldBeFalse();
    }

    [Fact]
    public async Task A_row_that_somebody_else_wrote_makes_every_key_one()
    {
        var never = await KeyAsync();
        await RevokeAsync(await KeyAsync());
        var position = _revocations.Position;
        await _store.PutAsync("KeysById", new(new("revision", ""), new Dictionary<string, object>(), PutCondition.None), TestHost.Cancelled);
        await ReadAsync();

        _revocations.MayInclude(never, position).ShouldBeTrue();
    }

    [Fact]
    public async Task Keys_that_are_revoked_at_the_same_time_are_all_listed()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
            ids.Add(await KeyAsync());
        await Task.WhenAll(ids.Select(id => _keys.RevokeAsync(id, TestHost.Cancelled)));
        await ReadAsync();

        ids.ShouldAllBe(id => _revocations.MayInclude(id, 0));
    }

    private async Task<string> KeyAsync() => (await _keys.CreateAsync(new("acme", "alice"), null, TestHost.Cancelled)).Record.Id;

    private async Task RevokeAsync(string id)
    {
        await _keys.RevokeAsync(id, TestHost.Cancelled);
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        _time.Advance(TimeSpan.FromSeconds(26));
        (await _revocations.RenewAsync()).ShouldBeTrue();
    }
}
