using System.Collections.Immutable;
using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Simulation;
using FunctionsApi.Tenants;

namespace FunctionsApi.Cli;

/// <summary>The options of <c>simulate</c>; what they cannot be is told when they are parsed.</summary>
internal sealed class SimulateOptions
{
    private readonly Option<int> _instances = Whole("--instances", 1, 1_000, 500, "Instances of the program.");
    private readonly Option<int> _keys = Whole("--keys", 1, 10_000_000, 1_000_000, "Keys, or users, that have quota of their own.");
    private readonly Option<double> _zipf = Real("--zipf", 0, 3, 1.1, "How unequal keys are: the n-th most popular one makes requests in proportion to 1/n^s; 0 is all alike.");
    private readonly Option<int> _rps = Whole("--rps", 1, 1_000_000, 50_000, "Requests per second, all together.");
    private readonly Option<string> _api = new("--api") { Description = "inference or agents.", DefaultValueFactory = _ => "inference" };
    private readonly Option<string> _plan = new("--plan") { Description = "The plan that all keys have.", DefaultValueFactory = _ => "pro" };
    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "The endpoint that all requests are for; infer, or search of the agents API, unless given." };
    private readonly Option<int?> _limit = new("--limit") { Description = "Another limit for the plan's first policy, such as requests-per-minute." };
    private readonly Option<TimeSpan> _latency = new("--latency")
    {
        Description = "How long the store takes to answer, as 5ms or 0.1s; 1 ms to 1 s.",
        CustomParser = Latency,
        DefaultValueFactory = _ => TimeSpan.FromMilliseconds(5),
    };

    private readonly Option<int> _seconds = Whole("--seconds", 1, 3_600, 60, "Simulated seconds to measure, after 5 s to warm up.");
    private readonly Option<int> _seed = Whole("--seed", 0, int.MaxValue, 1, "What chance starts from: the same seed gives the same run.");
    private readonly Option<double> _price = Real("--price", 0, 1_000, 0.00036, "Dollars for 10,000 storage operations.");
    private readonly Option<string?> _sweep = new("--sweep") { Description = "Repeat with fewer: instances, keys or instances,keys. What is given is the most." };
    private readonly Option<string?> _svg = new("--svg") { Description = "Draw a sweep to this file." };

    public IEnumerable<Option> All =>
        [_instances, _keys, _zipf, _rps, _api, _plan, _endpoint, _limit, _latency, _seconds, _seed, _price, _sweep, _svg];

    public double Price(ParseResult arguments) => arguments.GetValue(_price);

    public string? SvgFile(ParseResult arguments) => arguments.GetValue(_svg);

    /// <exception cref="CommandException">It names something else.</exception>
    public IReadOnlyList<string> Sweep(ParseResult arguments)
    {
        string[] axes = arguments.GetValue(_sweep)?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        if (axes.FirstOrDefault(axis => axis is not ("instances" or "keys")) is { } wrong)
            throw new CommandException($"--sweep '{wrong}': it can be instances, keys, or instances,keys.");
        if (axes.Length == 0 && SvgFile(arguments) is not null)
            throw new CommandException("--svg draws a sweep: add --sweep instances,keys.");
        return axes;
    }

    /// <exception cref="CommandException">There is no such plan or endpoint, or its limit is not set.</exception>
    public FleetSettings Read(ParseResult arguments) => new(ChargeOf(arguments))
    {
        Instances = arguments.GetValue(_instances),
        Keys = arguments.GetValue(_keys),
        Zipf = arguments.GetValue(_zipf),
        RequestsPerSecond = arguments.GetValue(_rps),
        Latency = arguments.GetValue(_latency),
        Length = TimeSpan.FromSeconds(arguments.GetValue(_seconds)),
        Seed = arguments.GetValue(_seed),
    };

    private Charge ChargeOf(ParseResult arguments)
    {
        var name = arguments.GetValue(_api)!;
        var api = Apis.Find(name) ?? throw new CommandException($"--api '{name}': the APIs are {string.Join(" and ", Apis.All.Select(Apis.Name))}.");
        var plans = PlansInForce.Embedded.Catalog[api];
        var endpoint = arguments.GetValue(_endpoint) ?? (api == Api.Inference ? "infer" : "search");
        if (!api.Endpoints().Contains(endpoint))
            throw new CommandException($"--endpoint '{endpoint}': the {name} API has {string.Join(", ", api.Endpoints())}.");
        var limits = ImmutableDictionary<string, LimitSetting>.Empty;
        if (arguments.GetValue(_limit) is { } limit)
            limits = limit is >= 1 and <= Policy.MaxLimit
                ? limits.Add(plans.Policies[0].Name, new(limit))
                : throw new CommandException($"--limit {limit}: a limit is 1 to {Policy.MaxLimit:N0}.");
        var terms = plans.Find(arguments.GetValue(_plan)!, limits) ?? throw new CommandException(
            $"--plan '{arguments.GetValue(_plan)}': the {name} API has {string.Join(", ", plans.Plans.Select(plan => plan.Name))}.");
        return terms.Unset.Count == 0
            ? terms.ChargeFor(endpoint)
            : throw new CommandException($"--plan '{terms.Plan}': {string.Join(", ", terms.Unset)} are set for each tenant; take a plan that has limits.");
    }

    private static TimeSpan Latency(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        var (number, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1.0)
            : text.EndsWith('s') ? (text[..^1], 1000.0)
            : ("", 0);
        if (double.TryParse(number, CultureInfo.InvariantCulture, out var value) && value * unit is >= 1 and <= 1000)
            return TimeSpan.FromMilliseconds(value * unit);
        result.AddError($"--latency '{text}': give 1ms to 1s, for example 5ms.");
        return default;
    }

    private static Option<int> Whole(string name, int least, int most, int unless, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => unless };
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<int>(), least, most));
        return option;
    }

    private static Option<double> Real(string name, double least, double most, double unless, string description)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => unless };
        option.Validators.Add(result => Check(result, result.GetValueOrDefault<double>(), least, most));
        return option;
    }

    private static void Check(OptionResult result, double value, double least, double most)
    {
        if (!(value >= least && value <= most))
            result.AddError(string.Create(CultureInfo.InvariantCulture, $"{result.Option.Name} {value}: it is {least:N0} to {most:N0}."));
    }
}
