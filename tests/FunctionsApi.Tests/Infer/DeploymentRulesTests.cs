using FunctionsApi.Infer;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class DeploymentRulesTests
{
    private static readonly Deployment Http = InferHost.To(new("https://models.example.com/predict"));

    public static TheoryData<string, string> BadUrls => new()
    {
        { "ftp://models.example.com", "must start with http:// or https://" },
        { "file:///etc/passwd", "must start with http:// or https://" },
        { "javascript:alert(1)", "must start with http:// or https://" },
        { "models.example.com/predict", "must be absolute" },
        { "http://user:pass@models.example.com", "must not hold a user name or password" },
        { "http://user@models.example.com", "must not hold a user name or password" },
        { "http://models.example.com/#top", "must not hold a fragment" },
        { "http://models.example.com/" + new string('a', 2048), "must not be longer than 2048" },
    };

    [Theory]
    [InlineData("a")]
    [InlineData("my-model.v1_2")]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890123")]
    public void A_good_id_is_accepted(string id) => DeploymentRules.Errors(Http with { Id = id }).ShouldBeEmpty();

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("01234567890123456789012345678901234567890123456789012345678901234")]
    public void A_bad_id_is_refused(string id) => DeploymentRules.Errors(Http with { Id = id }).Single().ShouldStartWith("The id must be");

    [Theory]
    [MemberData(nameof(BadUrls))]
    public void A_bad_URL_is_refused(string url, string error) =>
        DeploymentRules.Errors(Http with { Url = new(url, UriKind.RelativeOrAbsolute) }).Single().ShouldContain(error);

    [Fact]
    public void A_http_backend_needs_a_URL_and_an_echo_takes_none()
    {
        DeploymentRules.Errors(Http with { Url = null }).Single().ShouldContain("needs a URL");
        DeploymentRules.Errors(Http with { Backend = Backend.Echo }).Single().ShouldContain("takes no URL");
    }

    [Fact]
    public void Numbers_out_of_range_are_all_named()
    {
        var low = Http with { Timeout = TimeSpan.Zero, MaxResponseBytes = 0, Weight = 0, Retries = -1 };
        DeploymentRules.Errors(low).Count().ShouldBe(4);
        var high = Http with { Timeout = TimeSpan.FromMinutes(10.1), MaxResponseBytes = long.MaxValue, Weight = int.MaxValue, Retries = 6 };
        DeploymentRules.Errors(high).Count().ShouldBe(4);
    }

    [Theory]
    [InlineData("", "Authorization")]
    [InlineData("two\nlines", "Authorization")]
    [InlineData("carriage\rreturn", "Authorization")]
    [InlineData("ünsafe", "Authorization")]
    [InlineData("env:", "Authorization")]
    [InlineData("env:A=B", "Authorization")]
    [InlineData("value", "")]
    [InlineData("value", "Two Words")]
    [InlineData("value", "X-Key:")]
    [InlineData("value", "host")]
    [InlineData("value", "Transfer-Encoding")]
    public void A_secret_that_cannot_be_sent_is_refused_without_being_shown(string secret, string header)
    {
        var error = DeploymentRules.Errors(Http with { Secret = new(secret, header) }).Single();
        if (secret.Length > 5)
            error.ShouldNotContain(secret);
    }

    [Theory]
    [InlineData("100ms", 100)]
    [InlineData("30s", 30_000)]
    [InlineData("10m", 600_000)]
    public void A_duration_is_read_and_printed(string text, int milliseconds)
    {
        DeploymentText.Duration(text).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
        DeploymentText.Duration(DeploymentText.OfDuration(TimeSpan.FromMilliseconds(milliseconds))).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
    }

    [Theory]
    [InlineData("1B", 1)]
    [InlineData("64KiB", 65_536)]
    [InlineData("10MiB", 10_485_760)]
    [InlineData("1GiB", 1_073_741_824)]
    public void A_size_is_read_and_printed(string text, long bytes)
    {
        DeploymentText.Size(text).ShouldBe(bytes);
        DeploymentText.OfSize(bytes).ShouldBe(text);
    }

    [Theory]
    [InlineData("")]
    [InlineData("30")]
    [InlineData("s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1.5s")]
    [InlineData("1 s")]
    [InlineData("99999999999999999999s")]
    [InlineData("1h")]
    [InlineData("1MB")]
    public void What_is_no_duration_and_no_size_is_neither(string text)
    {
        DeploymentText.Duration(text).ShouldBeNull();
        DeploymentText.Size(text).ShouldBeNull();
    }
}
