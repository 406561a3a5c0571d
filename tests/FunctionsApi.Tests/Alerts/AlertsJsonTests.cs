using System.Text.Json;
using FunctionsApi.Alerts;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Alerts;

public sealed class AlertsJsonTests
{
    [Fact]
    public void A_secret_can_be_copied_from_an_answer_as_it_stands()
    {
        var webhook = new WebhookShape("https://hooks.example.com/?a=1&b=2", "untried", DateTimeOffset.UnixEpoch) { Secret = "whsec_a+b/c=" };

        var answer = JsonSerializer.Serialize(new("acme", [], webhook, new(false, 0), []), AlertsJson.Readable.AlertsAnswer);

        answer.ShouldContain("\"secret\":\"whsec_a+b/c=\"");
        answer.ShouldContain("\"url\":\"https://hooks.example.com/?a=1&b=2\"");
    }
}
