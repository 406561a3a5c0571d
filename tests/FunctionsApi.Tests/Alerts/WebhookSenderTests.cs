using System.Net;
using FunctionsApi.Alerts;
using FunctionsApi.Alerts.Webhooks;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

/// <summary>Where messages go, how they are signed, and how long an answer may take.</summary>
public sealed class WebhookSenderTests : WebhookTests
{
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
    public void A_secret_does_not_get_into_a_text_by_itself() =>
        $"{new AlertSettings(Tenant) { Webhook = _webhook }}".ShouldNotContain(_webhook.Secret.Reveal()["whsec_".Length..]);
}
