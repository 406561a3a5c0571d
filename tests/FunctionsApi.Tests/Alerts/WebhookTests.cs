using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using FunctionsApi.Settings;
using FunctionsApi.Storage;
using FunctionsApi.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

/// <summary>A tenant with a webhook and its receiver. Nothing runs by itself here: the test says when an instance delivers.</summary>
public abstract class WebhookTests : IAsyncLifetime
{
    private protected const string Tenant = "acme";

    private protected readonly ManualTime _time = new();
    private protected readonly InMemoryTableStore _store = new();
    private protected readonly List<WebhookSender> _senders = [];
    private protected readonly QuotaMetrics _metrics = new();
    private protected readonly WebhookStates _states;
    private protected readonly AlertTable _alerts;
    private protected readonly Outbox _outbox;
    private protected readonly Delivery _delivery;
    private protected Receiver _receiver = null!;
    private protected Webhook _webhook = null!;
    private protected int _added;

    private protected WebhookTests()
    {
        (_states, _alerts, _outbox) = (new(_store), new(_store), new(_store, _time));
        _delivery = Deliverer();
    }

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _receiver = await Receiver.StartAsync();
        _webhook = Webhook.At(_receiver.Url, _time.GetUtcNow());
        await SetAsync(_webhook);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _senders.ForEach(sender => sender.Dispose());
        _metrics.Dispose();
        await _receiver.DisposeAsync();
    }

    private protected async Task SetAsync(Webhook webhook) => await _alerts.ChangeAsync(Tenant, before => before with { Webhook = webhook }, Cancel);

    private protected Delivery Deliverer(bool allowPrivate = true)
    {
        var sender = new WebhookSender(new CrawlOptions { AllowPrivateAddresses = allowPrivate }, _time);
        _senders.Add(sender);
        return new(_outbox, _alerts, _states, sender, _metrics, _time, NullLogger<Delivery>.Instance, new Random(1));
    }

    private protected AlertMessage Message(string what)
    {
        var now = _time.GetUtcNow();
        return new(Tenant, AlertMessage.KeyOf(now.AddHours(1), what), "quota.remaining.low", $$"""{"type":"quota.remaining.low","data":"{{what}} ü"}""", now);
    }

    private protected async Task<AlertMessage> AddAsync()
    {
        var message = Message($"message {++_added}");
        (await _outbox.AddAsync(message, Cancel)).ShouldBeTrue();
        return message;
    }

    private protected async Task<AlertMessage> FindAsync(AlertMessage message) => (await _outbox.FindAsync(Tenant, message.Key, Cancel))!;

    private protected async Task<int> OpenAsync() => await _store.QueryAsync(Outbox.Open, new(), Cancel).CountAsync(Cancel);
}
