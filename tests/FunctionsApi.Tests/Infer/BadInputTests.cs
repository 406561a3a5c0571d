using System.Net;
using System.Text;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Infer;

public sealed class BadInputTests
{
    private const string BadId = "'deployment_id' must be 1 to 64 of the characters A-Z a-z 0-9 . _ -";

    public static TheoryData<string, int, string> BadBodies => new()
    {
        { "", 400, "The request needs a JSON body." },
        { "\uFEFF", 400, "The request needs a JSON body." },
        { "null", 400, "The body must be a JSON object with 'deployment_id' and 'inputs'." },
        { "[]", 400, "The body must be a JSON object with 'deployment_id' and 'inputs'." },
        { "\"echo\"", 400, "The body must be a JSON object with 'deployment_id' and 'inputs'." },
        { "{}", 400, "'deployment_id' is missing." },
        { """{"deployment_id":"echo"}""", 400, "'inputs' is missing." },
        { """{"inputs":{}}""", 400, "'deployment_id' is missing." },
        { """{"Deployment_Id":"echo","inputs":{}}""", 400, "'deployment_id' is missing." },
        { """{"deployment_id":null,"inputs":{}}""", 400, "'deployment_id' must be a string." },
        { """{"deployment_id":7,"inputs":{}}""", 400, "'deployment_id' must be a string." },
        { """{"deployment_id":["echo"],"inputs":{}}""", 400, "'deployment_id' must be a string." },
        { """{"deployment_id":"echo","inputs":null}""", 400, "'inputs' must be an object." },
        { """{"deployment_id":"echo","inputs":[]}""", 400, "'inputs' must be an object." },
        { """{"deployment_id":"echo","inputs":"{}"}""", 400, "'inputs' must be an object." },
        { """{"deployment_id":"","inputs":{}}""", 400, BadId },
        { """{"deployment_id":"../echo","inputs":{}}""", 400, BadId },
        { """{"deployment_id":"écho","inputs":{}}""", 400, BadId },
        { """{"deployment_id":"\ud800","inputs":{}}""", 400, BadId },
        { """{"deployment_id":"echo\u0000","inputs":{}}""", 400, BadId },
        { $$$"""{"deployment_id":"{{{new string('a', 65)}}}","inputs":{}}""", 400, BadId },
        { """{"deployment_id":"echo","deployment_id":"echo","inputs":{}}""", 400, "'deployment_id' is given twice." },
        { """{"deployment_id":"echo","deployment\u005fid":"b","inputs":{}}""", 400, "'deployment_id' is given twice." },
        { """{"deployment_id":"echo","inputs":{},"inputs":{}}""", 400, "'inputs' is given twice." },
        { """{"\ud800":1,"deployment_id":"echo","inputs":{}}""", 400, "A property's name holds half of a surrogate pair." },
        { """{"deployment_id":"unheard-of","inputs":{}}""", 404, "There is no deployment of this 'deployment_id'." },
        { """{"deployment_id":"Echo","inputs":{}}""", 404, "There is no deployment of this 'deployment_id'." },
    };

    public static TheoryData<string> MalformedBodies =>
    [
        " ", "{", "{]", "{'deployment_id':'echo'}", """{"deployment_id":"echo","inputs":{}}x""", """{"deployment_id":"echo","inputs":{},}""",
        """{"deployment_id":"echo","inputs":{"a":NaN}}""", """{"deployment_id":"echo","inputs":{"a":01}}""", "{}\uFEFF", "\uFEFF\uFEFF{}",
        $$$"""{"deployment_id":"echo","inputs":{"a":{{{new string('[', 100)}}}{{{new string(']', 100)}}}}}""",
    ];

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_body_is_refused_and_consumes_nothing(string body, int status, string error)
    {
        await using var host = await InferHost.StartAsync();
        var response = await host.PostAsync(body);
        ((int)response.StatusCode).ShouldBe(status);
        (await response.ErrorAsync()).ShouldBe(error);
        host.Consumed.ShouldBe(0);
    }

    [Theory]
    [MemberData(nameof(MalformedBodies))]
    public async Task Malformed_JSON_is_refused_and_consumes_nothing(string body)
    {
        await using var host = await InferHost.StartAsync();
        var response = await host.PostAsync(body);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).ShouldContain("not valid JSON");
        host.Consumed.ShouldBe(0);
    }

    [Fact]
    public async Task Bytes_that_are_no_UTF8_are_refused_and_consume_nothing()
    {
        await using var host = await InferHost.StartAsync();
        var response = await host.PostAsync([.. """{"deployment_id":"echo","inputs":{"a":" """u8, 0xC3, 0x28, .. "\"}}"u8]);
        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await response.ErrorAsync()).ShouldBe("The body is not valid UTF-8.");
        host.Consumed.ShouldBe(0);
    }

    [Fact]
    public async Task Only_good_requests_are_counted()
    {
        await using var host = await InferHost.StartAsync();
        await host.PostAsync("""{"deployment_id":"echo","inputs":{}}""");
        host.Consumed.ShouldBe(1);
        await host.PostAsync("""{"deployment_id":"unheard-of","inputs":{}}""");
        await host.PostAsync("{");
        host.Consumed.ShouldBe(1);
    }

    [Fact]
    public async Task A_byte_order_mark_before_the_JSON_is_passed_over()
    {
        await using var host = await InferHost.StartAsync();
        var response = await host.PostAsync("\uFEFF" + """{"deployment_id":"echo","inputs":{"a":1}}""");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(TestHost.Cancelled)).ShouldBe("""{"valid":true,"deployment_id":"echo","outputs":{"a":1}}""");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_body_over_1_MiB_is_refused_and_consumes_nothing(bool lengthDeclared)
    {
        await using var host = await InferHost.StartAsync();
        var body = Encoding.UTF8.GetBytes($$$"""{"deployment_id":"echo","inputs":{"a":"{{{new string('a', 1024 * 1024)}}}"}}""");
        using var content = lengthDeclared ? (HttpContent)new ByteArrayContent(body) : new StreamContent(new UnseekableStream(body));
        content.Headers.ContentType = new("application/json");
        var response = await host.PostAsync(content);
        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await response.ErrorAsync()).ShouldNotBeEmpty();
        host.Consumed.ShouldBe(0);
    }

    [Fact]
    public async Task Another_content_type_is_refused_and_consumes_nothing()
    {
        await using var host = await InferHost.StartAsync();
        var response = await host.PostAsync(new StringContent("deployment_id=echo", Encoding.UTF8, "application/x-www-form-urlencoded"));
        response.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType);
        (await response.ErrorAsync()).ShouldNotBeEmpty();
        host.Consumed.ShouldBe(0);
    }

    private sealed class UnseekableStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;
    }
}
