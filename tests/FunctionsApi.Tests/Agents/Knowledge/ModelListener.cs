using System.Text.Json;
using System.Text.Json.Nodes;
using FunctionsApi.Tests.Infer;
using Microsoft.AspNetCore.Http;

namespace FunctionsApi.Tests.Agents.Knowledge;

/// <summary>An OpenAI-compatible endpoint on this machine, which says what a test wants.</summary>
internal sealed class ModelListener : IAsyncDisposable
{
    private readonly Upstream _server;

    private ModelListener(Upstream server) => _server = server;

    /// <summary>The settings of a server that asks it.</summary>
    public Dictionary<string, string?> Settings => new()
    {
        ["Llm:Endpoint"] = new Uri(_server.Url, "/v1").ToString(),
        ["Llm:Model"] = "test-model",
        ["Llm:Key"] = "sk-secret",
    };

    /// <summary>The last request.</summary>
    public JsonNode Asked { get; private set; } = new JsonObject();

    /// <summary>Its credential.</summary>
    public string Authorization { get; private set; } = "";

    public int Requests => _server.Requests;

    /// <summary>The user's message of the last request.</summary>
    public JsonNode Given => JsonNode.Parse(Message("user"))!;

    public string Message(string role) =>
        Asked["messages"]!.AsArray().Single(message => message!["role"]!.GetValue<string>() == role)!["content"] is JsonArray parts
            ? parts[0]!["text"]!.GetValue<string>()
            : Asked["messages"]!.AsArray().Single(message => message!["role"]!.GetValue<string>() == role)!["content"]!.GetValue<string>();

    /// <param name="answer">What it does when it is asked.</param>
    public static async Task<ModelListener> StartAsync(Func<ModelListener, HttpContext, Task> answer)
    {
        ModelListener? listener = null;
        return listener = new(await Upstream.StartAsync(async http =>
        {
            listener!.Asked = (await JsonNode.ParseAsync(http.Request.Body))!;
            listener.Authorization = http.Request.Headers.Authorization.ToString();
            await answer(listener, http);
        }));
    }

    /// <param name="pieces">What it says, in as many pieces.</param>
    public static Task<ModelListener> SayingAsync(params string[] pieces) => StartAsync((_, http) => SayAsync(http, pieces));

    public static async Task SayAsync(HttpContext http, params string[] pieces)
    {
        await BeginAsync(http, pieces);
        await WriteAsync(http, """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"test-model","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}""");
        await WriteAsync(http, """{"id":"c1","object":"chat.completion.chunk","created":1,"model":"test-model","choices":[],"usage":{"prompt_tokens":120,"completion_tokens":30,"total_tokens":150}}""");
        await http.Response.WriteAsync("data: [DONE]\n\n");
    }

    /// <summary>Says something, and does not end.</summary>
    public static async Task BeginAsync(HttpContext http, params string[] pieces)
    {
        if (!http.Response.HasStarted)
            http.Response.ContentType = "text/event-stream";
        foreach (var piece in pieces)
            await WriteAsync(http, $$"""{"id":"c1","object":"chat.completion.chunk","created":1,"model":"test-model","choices":[{"index":0,"delta":{"role":"assistant","content":{{JsonSerializer.Serialize(piece)}}},"finish_reason":null}]}""");
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private static async Task WriteAsync(HttpContext http, string json)
    {
        await http.Response.WriteAsync($"data: {json}\n\n");
        await http.Response.Body.FlushAsync();
    }
}
