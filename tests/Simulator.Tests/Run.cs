using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using FunctionsApi.Storage;

namespace FunctionsApi.Simulator.Tests;

/// <summary>
/// One scenario, run: load and faults first; then all is well and quiet; then one caller alone, who is as patient as he is
/// told to be; and at last, when every lease has lapsed, one who asks for whole limits.
/// </summary>
internal sealed class Run : IStoreLog
{
    /// <summary>After the load, until every lease is given back and every operation of the time of faults is answered.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(120);

    /// <summary>Longer than the pauses of an instance that finds the ledger away.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5.5);

    /// <summary>Of permits in flight: 15 s, and 4 s because clocks differ.</summary>
    private static readonly TimeSpan LongestLease = TimeSpan.FromSeconds(19.1);

    private static readonly HubPace Near = new() { Polling = TimeSpan.Zero, Commit = TimeSpan.FromMilliseconds(1) };

    public static readonly Instant Start = Instant.From(new(2026, 2, 27, 9, 59, 40, TimeSpan.Zero));

    private readonly Scenario _scenario;
    private readonly Saboteur _saboteur;
    private readonly Timeline _timeline = new(Start);
    private readonly InMemoryTableStore _store = new();
    private readonly List<Instance> _running = [];
    private readonly List<Instance> _all = [];
    private readonly Dictionary<int, int> _requestsOf = [];
    private readonly Random _arrivals;
    private readonly Random _network;
    private readonly Random _instances;
    private readonly SimulatedHub? _hub;
    private bool _isWell;
    private bool _isNear;
    private int _started;
    private Instant _lastSent;

    private Run(Scenario scenario, Saboteur saboteur)
    {
        (_scenario, _saboteur) = (scenario, saboteur);
        _arrivals = new(scenario.Seed ^ 0x5eed0001);
        _network = new(scenario.Seed ^ 0x5eed0002);
        _instances = new(scenario.Seed ^ 0x5eed0003);
        _hub = scenario.Hub is null ? null : new(_timeline, PaceOfHub, new(scenario.Seed ^ 0x5eed0004), this);
    }

    public History History { get; } = new();

    public Scenario Scenario => _scenario;

    /// <summary>When load and faults ended.</summary>
    public Instant Calm { get; private set; }

    /// <summary>When nothing was held any more that anybody is able to give back.</summary>
    public Instant Settled { get; private set; }

    /// <summary>The quota entities then.</summary>
    public Dictionary<string, QuotaEntity> Books { get; } = [];

    /// <summary>The first and the second try of a patient caller who was alone.</summary>
    public List<(Request Refused, Request Again)> Patient { get; } = [];

    /// <summary>What was asked of limits of which nothing was used, with what had to come of it.</summary>
    public List<(Request Request, Outcome Expected)> Probes { get; } = [];

    public static Run Of(Scenario scenario, Saboteur? saboteur = null)
    {
        var run = new Run(scenario, saboteur ?? new());
        run.Everything();
        return run;
    }

    void IStoreLog.Sent(StorageRequest request)
    {
        History.Add(new StorageRequested(_timeline.Now, request.Instance, $"{request.Action} {request.Partition} {request.Delivery}"));
        _lastSent = _timeline.Now;
        _requestsOf[request.Instance] = _requestsOf.GetValueOrDefault(request.Instance) + 1;
        EndIfItIsTime(request.Instance, step: 0);
    }

    void IStoreLog.Done(StorageRequest request, bool isConflict)
    {
        var written = request.Action == StorageAction.Put && !isConflict ? Stored(request.Partition) : null;
        History.Add(new StorageDone(_timeline.Now, request.Instance, request.Partition, isConflict, written));
        EndIfItIsTime(request.Instance, step: 1);
        _timeline.Plan(_timeline.Now + request.Delivery.Back, () => EndIfItIsTime(request.Instance, step: 2));
    }

    private void Everything()
    {
        for (var i = 0; i < _scenario.Instances; i++)
            StartInstance(_scenario.Skews[i]);
        PlanEndings();
        foreach (var step in _scenario.ClockSteps)
            _timeline.Plan(Start + step.After, () => Step(step));
        PlanLoad();
        _timeline.RunUntil(Calm);
        _isWell = true;
        History.Add(new Remark(_timeline.Now, "all is well"));
        if (_running.Count == 0)
            StartInstance(TimeSpan.Zero);
        AskPatiently();
        _timeline.RunUntil(Calm + Settling);
        while (_timeline.Now < Calm + LongestSettling && _lastSent + Silence > _timeline.Now)
            _timeline.RunFor(Silence);
        Settle();
        AskForWholeLimits();
        foreach (var instance in _running)
            instance.Kill();
    }

    private void StartInstance(TimeSpan skew)
    {
        var number = _started++;
        var seed = new Random(_instances.Next());
        var instance = new Instance(_timeline, new(_saboteur.Store(_store))
        {
            Number = number,
            Skew = skew,
            Next = () => _isNear ? Delivery.After(TimeSpan.FromMilliseconds(1))
                : _isWell ? _scenario.Faults.DrawWell(_network)
                : _scenario.Faults.Draw(_network, _timeline.Now - Start, number),
            Log = this,
            Hub = _hub,
            Options = _saboteur.Options(_scenario.Options with { Random = seed }),
            Ledger = _saboteur.Ledger,
            StoreTimeResolution = _scenario.StoreTimeResolution,
        });
        _running.Add(instance);
        _all.Add(instance);
        var limiter = instance.Limiter;
        limiter.OutageChanged = outage => History.Add(new OutageChanged(_timeline.Now, number, outage?.Reason));
        History.Add(new Started(_timeline.Now, number, limiter.Instance));
    }

    private void PlanEndings()
    {
        foreach (var ending in _scenario.Endings)
            _timeline.Plan(Start + ending.After, () => End(ending));
    }

    private void EndIfItIsTime(int instance, int step)
    {
        if (!_isWell && _scenario.Endings.FirstOrDefault(ending => ending.Instance == instance) is { AtRequest: { } at } ending
            && at.Step == step && at.Number == _requestsOf[instance])
            End(ending);
    }

    private void End(Ending ending)
    {
        if (_isWell || _running.Find(running => running.Number == ending.Instance) is not { } instance)
            return;
        _running.Remove(instance);
        History.Add(new Ended(_timeline.Now, ending.Instance, ending.Politely));
        if (ending.Politely)
            instance.Stop(TimeSpan.FromSeconds(10));
        else
            instance.Kill();
        if (ending.IsReplaced)
            _timeline.Plan(_timeline.Now + TimeSpan.FromSeconds(1), () => StartInstance(instance.Clock.Skew));
    }

    private void Step(ClockStep step)
    {
        if (_running.Find(running => running.Number == step.Instance) is { } instance)
            instance.Clock.Skew = step.Skew;
    }

    private void PlanLoad()
    {
        var zipf = new Zipf(_scenario.Keys, _scenario.Zipf);
        var at = Start;
        foreach (var phase in _scenario.Load)
        {
            var end = at + phase.For;
            var next = at;
            while (phase.PerSecond > 0)
            {
                var gap = phase.AtRandom ? -Math.Log(1 - _arrivals.NextDouble()) / phase.PerSecond : 1 / phase.PerSecond;
                next += TimeSpan.FromSeconds(Math.Min(gap, phase.For.TotalSeconds));
                if (next >= end)
                    break;
                var partition = $"key:{zipf.Draw(_arrivals)}";
                var charge = _scenario.Charges[_arrivals.Next(_scenario.Charges.Length)];
                var (pick, inFlight) = (_arrivals.Next(), _scenario.InFlight * -Math.Log(1 - _arrivals.NextDouble()));
                _timeline.Plan(next, () => Arrive(partition, charge, pick, inFlight));
            }
            at = end;
        }
        Calm = at;
    }

    private void Arrive(string partition, Charge charge, int pick, TimeSpan inFlight)
    {
        if (_running.Count > 0)
            Ask(_running[pick % _running.Count], partition, charge, request =>
            {
                var over = Instant.Min(_timeline.Now + inFlight, Instant.Max(Calm, _timeline.Now));
                _timeline.Plan(over, () => Release(request));
            });
    }

    private Request Ask(Instance instance, string partition, Charge charge, Action<Request> onDecided)
    {
        var request = new Request(History.Requests.Count, instance.Number, partition, charge, _timeline.Now);
        History.Requests.Add(request);
        History.Add(new Asked(_timeline.Now, request));
        if (instance.Ask(partition, charge, Take, out var decision))
            Take(decision);
        return request;

        void Take(Decision decision)
        {
            request.Decision = decision;
            request.DecidedAt = _timeline.Now;
            History.Add(new Decided(_timeline.Now, request));
            onDecided(request);
        }
    }

    private void Release(Request request)
    {
        if (request.Decision is not { Outcome: Outcome.Admitted } decision)
            return;
        _all[request.Instance].Release(decision);
        History.Add(new Released(_timeline.Now, request));
    }

    // With faults before it, operations may be repeated for a while yet: then there is no caller who is alone.
    private void AskPatiently()
    {
        // Nor one whose clock is right: one that was set back goes slower until it is.
        if (!_scenario.StoreKeepsUp || _scenario.HasCrashes || !_scenario.ClockSteps.IsEmpty)
            return;
        _timeline.RunFor(TimeSpan.FromSeconds(4));
        var charge = _scenario.Charges[0];
        for (var key = 0; key < Math.Min(3, _scenario.Keys); key++)
            Ask(_running[key % _running.Count], $"key:{key}", charge, refused => Again(refused, isFirst: true));

        void Again(Request refused, bool isFirst)
        {
            Release(refused);
            if (refused.Decision is not { Outcome: Outcome.Refused } decision)
                return;
            var instance = _running.Single(running => running.Number == refused.Instance);
            var patience = TimeSpan.FromSeconds(decision.RetryAfterSeconds);
            if (refused.DecidedAt + patience < Calm + Settling)
                _timeline.Plan(refused.DecidedAt + patience, () =>
                    Ask(instance, refused.Partition, charge, again =>
                    {
                        // What an instance refuses without asking, it does by what it heard when others competed.
                        if (isFirst && refused.DecidedAt == refused.AskedAt && again.DecidedAt > again.AskedAt)
                            Again(again, isFirst: false);
                        else
                        {
                            Release(again);
                            Patient.Add((refused, again));
                        }
                    }));
        }
    }

    private void Settle()
    {
        Settled = _timeline.Now;
        foreach (var partition in History.Requests.Select(request => request.Partition).Distinct())
            if (Stored(partition) is { } entity)
                Books.Add(partition, entity);
    }

    /// <summary>One more window and the longest lease later, everything that anybody took with him is free again.</summary>
    private void AskForWholeLimits()
    {
        foreach (var instance in _running)
            instance.Kill();
        _running.Clear();
        // A request for a whole second's limit cannot wait a second for it.
        _isNear = true;
        var longest = _scenario.Policies.Policies.Max(policy => policy.Window) + _scenario.ClockSpread;
        _timeline.RunFor(longest + LongestLease);
        StartInstance(Scenario.FastestClock);
        foreach (var (place, policy) in _scenario.Policies.Policies.Index())
            if (!policy.Shadow)
                Probe(place, policy);
    }

    private void Probe(int place, Policy policy)
    {
        // A fixed window must not end meanwhile.
        if (policy.Algorithm == Algorithm.FixedWindow)
            _timeline.RunUntil(new Instant((_timeline.Now.Ticks / policy.Window.Ticks + 1) * policy.Window.Ticks)
                - Scenario.FastestClock + TimeSpan.FromMilliseconds(1));
        var requests = new List<Request>();
        AskFor(policy.Limit, Outcome.Admitted);
        if (policy.Ceiling > policy.Limit)
            AskFor(policy.Ceiling - policy.Limit, Outcome.Admitted);
        AskFor(1, Outcome.Refused);
        _timeline.RunFor(TimeSpan.FromSeconds(2));
        requests.ForEach(Release);

        void AskFor(int permits, Outcome expected)
        {
            var request = Ask(_running[0], "key:0", new(_scenario.Policies, [new(place, permits)]), _ => { });
            requests.Add(request);
            Probes.Add((request, expected));
            // Before the shortest window or burst is over.
            for (var waited = 0; request.Decision is null && waited < 3000; waited++)
                _timeline.RunFor(TimeSpan.FromMilliseconds(1));
        }
    }

    private HubPace PaceOfHub() => _isNear ? Near
        : _isWell ? _scenario.Hub! with { Lost = 0, Again = 0 }
        : _scenario.Hub!;

    private QuotaEntity? Stored(string partition) =>
        _hub is not null ? (_hub.Read(partition) is { } text ? EntityText.Read(text) : null)
        : _store.GetAsync(TableLedger.Table, new(partition, ""), CancellationToken.None).Result is { } row ? StoredEntity.From(row).Entity
        : null;
}
