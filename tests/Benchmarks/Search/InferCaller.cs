using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using FunctionsApi.Benchmarks.Servers;

namespace FunctionsApi.Benchmarks.Search;

/// <summary>A caller who infers, one request after the other.</summary>
internal sealed class InferCaller(Uri address, string authorization) : IAsyncDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = address, DefaultRequestHeaders = { Authorization = AuthenticationHeaderValue.Parse(authorization) } };

    /// <returns>How long each request took, in ms.</returns>
    public async Task<List<double>> CallAsync(TimeSpan length)
    {
        List<double> latencies = [];
        for (var began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < length;)
        {
            var sent = Stopwatch.GetTimestamp();
            using var response = await _client.PostAsync(Work.Path, new StringContent(Work.Body, Encoding.UTF8, "application/json"));
            latencies.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
            response.EnsureSuccessStatusCode();
        }

        return latencies;
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return default;
    }
}
