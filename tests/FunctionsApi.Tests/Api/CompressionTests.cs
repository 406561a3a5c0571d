using System.IO.Compression;
using System.Net.Http.Json;
using System.Text;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Api;

public sealed class CompressionTests
{
    [Theory]
    [InlineData("/openapi/v1.json", "br", "br")]
    [InlineData("/openapi/v1.json", "gzip, deflate", "gzip")]
    [InlineData("/openapi/v1.json", "deflate", null)]
    [InlineData("/dashboard/settings/usage", "gzip", "gzip")]
    [InlineData("/dashboard/settings/usage/page.js", "gzip", "gzip")]
    [InlineData("/dashboard/settings/usage/page.css", "gzip", "gzip")]
    [InlineData("/api/v1/usage", "gzip", "gzip")]
    [InlineData("/healthz", "gzip", null)]
    public async Task What_is_long_is_compressed_as_the_client_accepts_it(string path, string accepted, string? encoding)
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        var plain = await client.GetByteArrayAsync(path, TestHost.Cancelled);
        client.DefaultRequestHeaders.Add("Accept-Encoding", accepted);

        using var response = await client.GetAsync(path, TestHost.Cancelled);

        response.Content.Headers.ContentEncoding.ShouldBe(encoding is null ? [] : [encoding]);
        var body = await response.Content.ReadAsByteArrayAsync(TestHost.Cancelled);
        Decompressed(body, encoding).ShouldBe(plain);
        (body.Length < plain.Length).ShouldBe(encoding is not null);
        response.Headers.Vary.Contains("Accept-Encoding").ShouldBe(plain.Length >= 1024);
    }

    [Fact]
    public async Task An_answer_that_the_client_has_is_a_304_whatever_its_encoding_was()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        client.DefaultRequestHeaders.Add("Accept-Encoding", "br");
        var tag = (await client.GetAsync("/openapi/v1.json", TestHost.Cancelled)).Headers.ETag!;
        tag.IsWeak.ShouldBeTrue();
        client.DefaultRequestHeaders.Remove("Accept-Encoding");
        client.DefaultRequestHeaders.IfNoneMatch.Add(tag);

        ((int)(await client.GetAsync("/openapi/v1.json", TestHost.Cancelled)).StatusCode).ShouldBe(304);
    }

    [Fact]
    public async Task An_inference_is_never_compressed()
    {
        await using var host = await TestHost.StartAsync();
        using var client = await host.ClientAsync("acme", "alice", "pro", "free");
        client.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");

        using var response = await client.PostAsJsonAsync("/infer", new { deployment_id = "echo", inputs = new { a = new string('a', 5000) } }, TestHost.Cancelled);

        response.Content.Headers.ContentEncoding.ShouldBeEmpty();
        Encoding.UTF8.GetByteCount(await response.Content.ReadAsStringAsync(TestHost.Cancelled)).ShouldBeGreaterThan(5000);
    }

    private static byte[] Decompressed(byte[] body, string? encoding)
    {
        using var compressed = new MemoryStream(body);
        using var stream = encoding switch
        {
            "br" => new BrotliStream(compressed, CompressionMode.Decompress),
            "gzip" => new GZipStream(compressed, CompressionMode.Decompress),
            _ => (Stream)compressed,
        };
        using var plain = new MemoryStream();
        stream.CopyTo(plain);
        return plain.ToArray();
    }
}
