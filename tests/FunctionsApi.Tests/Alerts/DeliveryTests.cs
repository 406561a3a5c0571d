using FunctionsApi.Alerts.Webhooks;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

/// <summary>When a message is sent, sent again, and given up.</summary>
public sealed class DeliveryTests : WebhookTests
{
    [Fact]
    public async Task What_is_delivered_is_not_sent_again()
    {
        await AddAsync();
        await _delivery.RunOnceAsync(Cancel);
        await _receiver.NextAsync();

        _time.Advance(TimeSpan.FromDays(1));
        await _delivery.RunOnceAsync(Cancel);

        _receiver.Waiting.ShouldBe(0);
        (await OpenAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_message_that_fails_comes_again_later_with_the_same_id_and_another_date()
    {
        var message = await AddAsync();
        _receiver.Answer = Receiver.Status(500).Invoke;
        await _delivery.RunOnceAsync(Cancel);
        var first = await _receiver.NextAsync();
        (await FindAsync(message)).Failure.ShouldBe("The receiver answered 500.");
        (await _states.ReadAsync(Tenant, Cancel)).Name.ShouldBe("failing");

        await _delivery.RunOnceAsync(Cancel);
        _receiver.Waiting.ShouldBe(0);

        _time.Advance(TimeSpan.FromSeconds(6));
        _receiver.Answer = Receiver.Status(200).Invoke;
        await _delivery.RunOnceAsync(Cancel);

        var second = await _receiver.NextAsync();
        (second.Id, second.Body).ShouldBe((first.Id, first.Body));
        second.Timestamp.ShouldNotBe(first.Timestamp);
        second.ShouldBeSignedBy(_webhook.Secret.Reveal());
        var after = await FindAsync(message);
        (after.DeliveredAt, after.Attempts, after.Failure).ShouldBe((_time.GetUtcNow(), 2, null));
        (await _states.ReadAsync(Tenant, Cancel)).Name.ShouldBe("delivering");
    }

    [Fact]
    public async Task Pauses_grow_and_after_three_days_of_failure_the_webhook_is_disabled_and_what_waits_is_given_up()
    {
        var (start, message) = (_time.GetUtcNow(), await AddAsync());
        _receiver.Answer = Receiver.Status(503).Invoke;
        List<DateTimeOffset> sent = [];

        while ((await _states.ReadAsync(Tenant, Cancel)).DisabledSince is null)
        {
            await _delivery.RunOnceAsync(Cancel);
            if (_receiver.Waiting > 0)
            {
                await _receiver.NextAsync();
                sent.Add(_time.GetUtcNow());
            }

            _time.Advance(sent.Count < 5 ? TimeSpan.FromSeconds(5) : TimeSpan.FromMinutes(10));
        }

        sent.Count.ShouldBeInRange(10, 16);
        (sent[^1] - start).ShouldBeInRange(WebhookState.DisabledAfter, WebhookState.DisabledAfter + TimeSpan.FromHours(11));
        (sent[1] - sent[0]).ShouldBeInRange(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10));
        (sent[^1] - sent[^2]).ShouldBeGreaterThan(TimeSpan.FromHours(10));
        (await FindAsync(message)).GivenUpAt.ShouldNotBeNull();

        var late = await AddAsync();
        await _delivery.RunOnceAsync(Cancel);
        _receiver.Waiting.ShouldBe(0);
        (await FindAsync(late)).Failure.ShouldBe("The webhook is disabled.");
        (await OpenAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_receiver_that_says_that_it_is_gone_is_not_asked_again()
    {
        await AddAsync();
        _receiver.Answer = Receiver.Status(410).Invoke;

        await _delivery.RunOnceAsync(Cancel);

        (await _states.ReadAsync(Tenant, Cancel)).Name.ShouldBe("disabled");
        (await OpenAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_failing_receiver_is_sent_one_message_at_a_time()
    {
        await AddAsync();
        await AddAsync();
        _receiver.Answer = Receiver.Status(500).Invoke;

        await _delivery.RunOnceAsync(Cancel);

        await _receiver.NextAsync();
        _receiver.Waiting.ShouldBe(0);
        (await OpenAsync()).ShouldBe(2);
    }
}
