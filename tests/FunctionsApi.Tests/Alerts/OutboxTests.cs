using FunctionsApi.Alerts.Webhooks;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

/// <summary>A message is added once and sent once, however many instances have a hand in it.</summary>
public sealed class OutboxTests : WebhookTests
{
    [Fact]
    public async Task Two_instances_send_a_message_once()
    {
        var (other, answering) = (Deliverer(), new TaskCompletionSource());
        await AddAsync();
        _receiver.Answer = _ => answering.Task;
        var first = _delivery.RunOnceAsync(Cancel);
        await _receiver.NextAsync();

        await other.RunOnceAsync(Cancel);
        answering.SetResult();
        await first;
        await other.RunOnceAsync(Cancel);

        _receiver.Waiting.ShouldBe(0);
        (await OpenAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task A_message_of_an_instance_that_died_while_it_sent_comes_from_another()
    {
        var message = await AddAsync();
        using var death = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        _receiver.Answer = Receiver.UntilGoneAsync;
        var first = _delivery.RunOnceAsync(death.Token);
        await _receiver.NextAsync();
        await death.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => first);
        _receiver.Answer = Receiver.Status(200).Invoke;

        await Deliverer().RunOnceAsync(Cancel);
        _receiver.Waiting.ShouldBe(0);
        _time.Advance(Delivery.ClaimLength);
        await Deliverer().RunOnceAsync(Cancel);

        (await _receiver.NextAsync()).Id.ShouldBe(message.Id);
        (await FindAsync(message)).DeliveredAt.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_message_is_added_once_however_many_add_it()
    {
        var message = Message("same");
        (await _outbox.AddAsync(message, Cancel)).ShouldBeTrue();
        (await _outbox.AddAsync(message, Cancel)).ShouldBeFalse();
        await _delivery.RunOnceAsync(Cancel);
        await _receiver.NextAsync();

        // Somebody who noticed the same a while ago, and was stopped meanwhile.
        (await _outbox.AddAsync(message, Cancel)).ShouldBeFalse();
        await _delivery.RunOnceAsync(Cancel);

        _receiver.Waiting.ShouldBe(0);
        (await OpenAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task What_leads_to_no_message_is_forgotten_after_a_while()
    {
        var message = Message("lost");
        await _outbox.AddAsync(message, Cancel);
        await _store.DeleteAsync(Outbox.Messages, new(Tenant, message.Key), null, Cancel);

        await _delivery.RunOnceAsync(Cancel);
        (await OpenAsync()).ShouldBe(1);
        _time.Advance(Delivery.ClaimLength);
        await _delivery.RunOnceAsync(Cancel);

        (await OpenAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task What_waits_when_alerts_are_deleted_is_not_sent()
    {
        await AddAsync();
        await _alerts.DeleteAsync(Tenant, Cancel);

        await _delivery.RunOnceAsync(Cancel);

        _receiver.Waiting.ShouldBe(0);
        (await OpenAsync()).ShouldBe(0);
    }
}
