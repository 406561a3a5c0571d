using System.Net;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

/// <summary>What becomes of messages, whatever the receiver does. Nothing runs by itself here: the test says when somebody delivers.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private const string Tenant = "acme";

    private readonly ManualTime _time = new();
    private readonly InMemoryTableStore _store = new();
    private readonly List<WebhookSender> _senders = [];
    private readonly QuotaMetrics _metrics = new();
    private readonly WebhookStates _states;
    private readonly AlertTable _alerts;
    private readonly Outbox _outbox;
    private readonly Delivery _delivery;
    private Receiver _receiver = null!;
    private Webhook _webhook = null!;
    private int _added;

    public DeliveryTests()
    {
        (_states, _alerts, _outbox) = (new(_store), new(_store), new(_store, _time));
        _delivery = Deliverer();
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _webhook = Webhook.At(_receiver.Url, _time.GetUtcNow());
        await SetAsync(_webhook);
    }

    public async ValueTask DisposeAsync()
    {
        _senders.ForEach(sender => sender.Dispose());
        _metrics.Dispose();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task A_message_is_posted_signed_and_dated()
    {
        var message = await AddAsync();

        await _delivery.RunOnceAsync(Cancel);

        var received = await _receiver.NextAsync();
        (received.Method, received.ContentType, received.Body, received.Id).ShouldBe(("POST", "application/json", message.Body, message.Id));
        received.Timestamp.ShouldBe($"{_time.GetUtcNow().ToUnixTimeSeconds()}");
        received.ShouldBeSignedBy(_webhook.Secret.Reveal());
        received.Signature.ShouldNotContain(' ');
        var after = await FindAsync(message);
        (after.DeliveredAt, after.Attempts, after.Failure).ShouldBe((_time.GetUtcNow(), 1, null));
        (await _states.ReadAsync(Tenant, Cancel)).Name.ShouldBe("delivering");
    }

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
    public async Task A_private_address_gets_nothing()
    {
        var message = await AddAsync();

        await Deliverer(allowPrivate: false).RunOnceAsync(Cancel);

        _receiver.Waiting.ShouldBe(0);
        (await FindAsync(message)).Failure.ShouldBe("The URL does not lead to a public address.");
    }

    [Theory]
    [InlineData(HttpStatusCode.Redirect)]
    [InlineData(HttpStatusCode.TemporaryRedirect)]
    public async Task A_redirect_is_not_followed(HttpStatusCode status)
    {
        await AddAsync();
        _receiver.Answer = http =>
        {
            (http.Response.StatusCode, http.Response.Headers.Location) = ((int)status, "/elsewhere");
            return Task.CompletedTask;
        };

        await _delivery.RunOnceAsync(Cancel);

        await _receiver.NextAsync();
        _receiver.Waiting.ShouldBe(0);
        (await _states.ReadAsync(Tenant, Cancel)).LastFailure.ShouldBe($"The receiver answered {(int)status}.");
    }

    [Fact]
    public async Task A_receiver_that_does_not_answer_in_time_has_failed()
    {
        var message = await AddAsync();
        _receiver.Answer = Receiver.UntilGoneAsync;
        var running = _delivery.RunOnceAsync(Cancel);
        await _receiver.NextAsync();

        _time.Advance(WebhookSender.MaxTime);
        await running;

        (await FindAsync(message)).Failure.ShouldBe("The receiver did not answer within 10 seconds.");
    }

    [Fact]
    public async Task For_a_day_after_a_new_secret_was_made_both_sign()
    {
        var changed = _webhook.WithNewSecret(_time.GetUtcNow());
        await SetAsync(changed);
        await AddAsync();
        await _delivery.RunOnceAsync(Cancel);
        var during = await _receiver.NextAsync();
        during.ShouldBeSignedBy(_webhook.Secret.Reveal());
        during.ShouldBeSignedBy(changed.Secret.Reveal());

        _time.Advance(Webhook.Overlap);
        await AddAsync();
        await _delivery.RunOnceAsync(Cancel);
        var after = await _receiver.NextAsync();
        after.ShouldBeSignedBy(changed.Secret.Reveal());
        after.Signature.ShouldNotContain(' ');
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

    [Fact]
    public void A_secret_does_not_get_into_a_text_by_itself() =>
        $"{new AlertSettings(Tenant) { Webhook = _webhook }}".ShouldNotContain(_webhook.Secret.Reveal()["whsec_".Length..]);

    private async Task SetAsync(Webhook webhook) => await _alerts.ChangeAsync(Tenant, before => before with { Webhook = webhook }, Cancel);

    private Delivery Deliverer(bool allowPrivate = true)
    {
        var sender = new WebhookSender(new CrawlOptions { AllowPrivateAddresses = allowPrivate }, _time);
        _senders.Add(sender);
        return new(_outbox, _alerts, _states, sender, _metrics, _time, NullLogger<Delivery>.Instance, new Random(1));
    }

    private AlertMessage Message(string what)
    {
        var now = _time.GetUtcNow();
        return new(Tenant, AlertMessage.KeyOf(now.AddHours(1), what), "quota.remaining.low", $$"""{"type":"quota.remaining.low","data":"{{what}} ü"}""", now);
    }

    private async Task<AlertMessage> AddAsync()
    {
        var message = Message($"message {++_added}");
        (await _outbox.AddAsync(message, Cancel)).ShouldBeTrue();
        return message;
    }

    private async Task<AlertMessage> FindAsync(AlertMessage message) => (await _outbox.FindAsync(Tenant, message.Key, Cancel))!;

    private async Task<int> OpenAsync() => await _store.QueryAsync(Outbox.Open, new(), Cancel).CountAsync(Cancel);
}
