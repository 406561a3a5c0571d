using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using FunctionsApi.Agents.Analytics;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents;

public sealed class EventBodyTests : AgentsTests
{
    private const string Json = "application/json", Lines = "application/x-ndjson";

    [Fact]
    public async Task Events_may_be_one_a_line()
    {
        var answer = await AnswerAsync(await PostAsync(Lines, "{\"type\":\"view\"}\r\n\n  \n{\"type\":\"click\"}\n{\"type\":\n[]\n{\"type\":\"view\"}"u8.ToArray()));

        (answer["accepted"]!.GetValue<int>(), answer["rejected"]!.GetValue<int>()).ShouldBe((3, 2));
        answer["errors"]!.AsArray().Select(error => (error!["index"]!.GetValue<int>(), error["reason"]!.GetValue<string>()))
            .ShouldBe([(2, "it is not valid JSON"), (3, "it must be an object")]);
    }

    [Theory]
    [InlineData(Json, """[{"type":"view"},{"type":"view"}]""")]
    [InlineData(Lines, "{\"type\":\"view\"}\n{\"type\":\"view\"}\n")]
    [InlineData("application/x-ndjson; charset=utf-8", "{\"type\":\"view\"}\n{\"type\":\"view\"}\n")]
    public async Task Events_may_be_zipped(string type, string body)
    {
        var answer = await AnswerAsync(await PostAsync(type, Zipped(Encoding.UTF8.GetBytes(body)), "gzip"));

        answer["accepted"]!.GetValue<int>().ShouldBe(2);
    }

    [Fact]
    public async Task A_zip_bomb_is_refused_before_it_has_grown()
    {
        var response = await PostAsync(Json, Zipped(new byte[200 * 1024 * 1024]), "gzip");

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await AnswerAsync(response))["error"]!.GetValue<string>().ShouldBe("body_too_large");
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused()
    {
        var response = await PostAsync(Lines, new byte[EventBody.MaxBytes + 1]);

        response.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Gzip_that_is_cut_off_is_refused_whole()
    {
        var body = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 900).Select(number => $"{{\"type\":\"t{number * 7919 % 1000}\"}}\n")));

        var response = await PostAsync(Lines, Zipped(body)[..^50], "gzip");

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await AnswerAsync(response))["error"]!.GetValue<string>().ShouldBe("malformed_gzip");
    }

    [Theory]
    [InlineData(Json, "gzip", "no gzip at all", HttpStatusCode.BadRequest, "malformed_gzip")]
    [InlineData(Json, "br", "[]", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    [InlineData(Json, "gzip, gzip", "[]", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    [InlineData("text/csv", null, "type\nview", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    [InlineData("application/x-ndjson-and-more", null, "{}", HttpStatusCode.UnsupportedMediaType, "unsupported_media_type")]
    [InlineData(Json, null, "[{", HttpStatusCode.BadRequest, "malformed_json")]
    [InlineData(Json, null, """{"\ud800":[]}""", HttpStatusCode.BadRequest, "invalid_events")]
    [InlineData(Lines, null, "\n \n", HttpStatusCode.BadRequest, "invalid_events")]
    [InlineData(Json, null, "", HttpStatusCode.BadRequest, "missing_body")]
    public async Task What_cannot_be_read_is_refused_and_uses_nothing(string type, string? encoding, string body, HttpStatusCode status, string error)
    {
        var response = await PostAsync(type, Encoding.UTF8.GetBytes(body), encoding);

        response.StatusCode.ShouldBe(status);
        (await AnswerAsync(response))["error"]!.GetValue<string>().ShouldBe(error);
        response.Headers.GetValues("RateLimit").Single().ShouldContain("\"events-per-hour\";r=10000;");
    }

    [Fact]
    public async Task More_than_a_thousand_lines_are_refused()
    {
        var response = await PostAsync(Lines, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("{\"type\":\"view\"}\n", 1001))));

        response.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await AnswerAsync(response))["message"]!.GetValue<string>().ShouldBe("A request holds 1 to 1000 events, not more.");
    }

    private static byte[] Zipped(byte[] body)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, CompressionLevel.Optimal))
            gzip.Write(body);
        return zipped.ToArray();
    }

    private Task<HttpResponseMessage> PostAsync(string type, byte[] body, string? encoding = null)
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        if (encoding is not null)
            content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return Client.PostAsync("/api/v1/analytics/events", content, Cancel);
    }

    private static async Task<JsonObject> AnswerAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonObject>(Cancel))!;
}
