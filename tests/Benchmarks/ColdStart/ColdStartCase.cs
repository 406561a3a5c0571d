using System.Text;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.ColdStart;

/// <param name="Name">What starts, and how.</param>
/// <param name="Request">The first that it answers.</param>
/// <param name="StartAsync">Starts it.</param>
internal sealed record ColdStartCase(string Name, FirstRequest Request, Func<Task<IServer>> StartAsync)
{
    /// <summary>What it is compared with; null where that is the budget alone.</summary>
    public ColdStartCase? Rival { get; init; }

    public List<ColdStart> Starts { get; } = [];

    public double Median => Statistics.Median(Starts.Select(start => start.Milliseconds));
}

/// <param name="Name">As the table shows it.</param>
/// <param name="Make">Makes one.</param>
internal sealed record FirstRequest(string Name, Func<HttpRequestMessage> Make)
{
    public static FirstRequest Healthz { get; } = new("GET /healthz", () => new(HttpMethod.Get, "/healthz"));

    public static FirstRequest Infer(Product product) => new($"POST {Work.Path}", () => new(HttpMethod.Post, Work.Path)
    {
        Headers = { { "Authorization", product.Authorization } },
        Content = new StringContent(Work.Body, Encoding.UTF8, "application/json"),
    });
}
