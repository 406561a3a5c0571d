using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Numerics;
using FunctionsApi.Cli;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Tenants;

namespace FunctionsApi.Simulator;

/// <summary>The options of <c>simulate</c>; what they cannot be is told when they are parsed.</summary>
internal sealed class SimulateOptions
{
    private readonly Option<int> _instances = Number("--instances", 1, 1_000, 20, "Instances of the program.");
    private readonly Option<int> _keys = Number("--keys", 1, 10_000_000, 10_000, "Keys, or users, that have quota of their own.");
    private readonly Option<double> _zipf = Number("--zipf", 0, 3, 1.1, "How unequal keys are: the n-th most popular one makes requests in proportion to 1/n^s; 0 is all alike.");
    private readonly Option<int> _rps = Number("--rps", 1, 1_000_000, 1_000, "Requests per second, all together.");
    private readonly Option<string> _api = new("--api") { Description = "inference or agents.", DefaultValueFactory = _ => "inference" };
    private readonly Option<string> _plan = new("--plan") { Description = "The plan that all keys have.", DefaultValueFactory = _ => "pro" };
    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "The endpoint that all requests are for; infer, or search of the agents API, unless given." };
    private readonly Option<int?> _limit = new("--limit") { Description = "Another limit for the plan's first policy, such as requests-per-minute." };
    private readonly Option<string> _latency = new("--latency")
    {
        Description = "How long the store takes to answer: 1ms to 1s.",
        DefaultValueFactory = _ => "5ms",
    };

    private readonly Option<string> _ledger = new("--ledger")
    {
        Description = "table, a row for each key; or entities, as under the Functions host, their queues looked at every 100 ms.",
        DefaultValueFactory = _ => "table",
    };

    private readonly Option<int> _seconds = Number("--seconds", 1, 3_600, 60, "Simulated seconds to measure, after 5 s to warm up.");
    private readonly Option<int> _seed = Number("--seed", 0, int.MaxValue, 1, "What chance starts from: the same seed gives the same run.");
    private readonly Option<double> _price = Number("--price", 0, 1_000, 0.00036, "Dollars for 10,000 storage operations.");
    private readonly Option<string?> _sweep = new("--sweep") { Description = "Repeat with fewer: instances, keys or instances,keys. What is given is the most." };
    private readonly Option<string?> _svg = new("--svg") { Description = "Draw a sweep to this file." };

    public IEnumerable<Option> All =>
        [_instances, _keys, _zipf, _rps, _api, _plan, _endpoint, _limit, _latency, _ledger, _seconds, _seed, _price, _sweep, _svg];

    public double Price(ParseResult arguments) => arguments.GetValue(_price);

    /// <exception cref="MisuseException">It cannot be written: better told before a long run than after it.</exception>
    public string? SvgFile(ParseResult arguments)
    {
        var file = arguments.GetValue(_svg);
        if (file is null)
            return null;
        try
        {
            using var writable = File.Open(file, FileMode.OpenOrCreate, FileAccess.Write);
            return file;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new MisuseException($"--svg '{file}': it cannot be written. {e.Message} Name a file in a folder that exists.");
        }
    }

    /// <exception cref="MisuseException">It names something else.</exception>
    public IReadOnlyList<string> Sweep(ParseResult arguments)
    {
        string[] axes = arguments.GetValue(_sweep)?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (axes.FirstOrDefault(axis => axis is not ("instances" or "keys")) is { } wrong)
            throw new MisuseException($"--sweep '{wrong}': it can be instances, keys, or instances,keys.");
        if (axes.Length == 0 && arguments.GetValue(_svg) is not null)
            throw new MisuseException("--svg draws a sweep: add --sweep instances,keys.");
        return axes;
    }

    /// <exception cref="MisuseException">There is no such plan or endpoint, or its limit is not set.</exception>
    public FleetSettings Read(ParseResult arguments) => new(ChargeOf(arguments))
    {
        Instances = arguments.GetValue(_instances),
        Keys = arguments.GetValue(_keys),
        Zipf = arguments.GetValue(_zipf),
        RequestsPerSecond = arguments.GetValue(_rps),
        Latency = LatencyFrom(arguments.GetValue(_latency)!),
        OnEntities = IsOnEntities(arguments.GetValue(_ledger)!),
        Length = TimeSpan.FromSeconds(arguments.GetValue(_seconds)),
        Seed = arguments.GetValue(_seed),
    };

    private Charge ChargeOf(ParseResult arguments)
    {
        var name = arguments.GetValue(_api)!;
        var api = Apis.Find(name) ?? throw new MisuseException($"--api '{name}': the APIs are {string.Join(" and ", Apis.All.Select(Apis.Name))}.");
        var plans = PlansInForce.Embedded.Catalog[api];
        var endpoint = arguments.GetValue(_endpoint) ?? (api == ApiKind.Inference ? "infer" : "search");
        if (!api.Endpoints().Contains(endpoint))
            throw new MisuseException($"--endpoint '{endpoint}': the {name} API has {string.Join(", ", api.Endpoints())}.");
        var limits = ImmutableDictionary<string, LimitSetting>.Empty;
        if (arguments.GetValue(_limit) is { } limit)
            limits = limit is >= 1 and <= Policy.MaxLimit
                ? limits.Add(plans.Policies[0].Name, new(limit))
                : throw new MisuseException($"--limit {limit}: a limit is 1 to {Policy.MaxLimit:N0}.");
        var terms = plans.Find(arguments.GetValue(_plan)!, limits) ?? throw new MisuseException(
            $"--plan '{arguments.GetValue(_plan)}': the {name} API has {string.Join(", ", plans.Plans.Select(plan => plan.Name))}.");
        return terms.Unset.Count == 0
            ? terms.ChargeFor(endpoint)
            : throw new MisuseException($"--plan '{terms.Plan}': {string.Join(", ", terms.Unset)} are set for each tenant; take a plan that has limits.");
    }

    private static bool IsOnEntities(string ledger) => ledger switch
    {
        "entities" => true,
        "table" => false,
        _ => throw new MisuseException($"--ledger '{ledger}': it is table or entities."),
    };

    private static TimeSpan LatencyFrom(string text)
    {
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1.0)
            : text.EndsWith('s') ? (text[..^1], 1000.0)
            : ("", 0);
        return double.TryParse(number, CultureInfo.InvariantCulture, out var value) && value * unit is >= 1 and <= 1000
            ? TimeSpan.FromMilliseconds(value * unit)
            : throw new MisuseException($"--latency '{text}': it is 1ms to 1s, for example 5ms or 0.1s.");
    }

    private static Option<T> Number<T>(string name, T least, T most, T unless, string description)
        where T : INumber<T> => new(name)
        {
            Description = description,
            DefaultValueFactory = _ => unless,
            CustomParser = result =>
            {
                var text = result.Tokens is [var token] ? token.Value : "";
                if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most)
                    return value;
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} {text}: it is {least:N0} to {most:N0}."));
                return unless;
            },
        };
}
