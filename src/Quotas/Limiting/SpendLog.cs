using System.Collections.Immutable;
using FunctionsApi.Quotas.Entities;

namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// When permits were spent that the ledger has yet to hear of, to a second: the rule of
/// <see cref="SlidingWindowCounter"/>'s buckets. Nearly always one or two entries, so the first needs no array.
/// </summary>
internal struct SpendLog
{
    private Instant _oldest;
    private Instant _bucketEnd;
    private Bucket[]? _rest;
    private int _first;
    private int _count;

    public readonly bool IsEmpty => _count == 0;

    /// <summary>When the oldest entry's last permit was spent; of a log that was cleared, when that was before.</summary>
    public readonly Instant Oldest => _oldest;

    /// <summary>When the newest entry's last permit was spent; the log must not be empty.</summary>
    public readonly Instant Newest => Entry(_count - 1).Last;

    public void Add(Instant now, int permits, long bucketTicks)
    {
        // Within a bucket no division is needed: it would cost as much as the rest of a decision's arithmetic.
        if (_count == 0 || now >= _bucketEnd)
        {
            Append(new(now, permits));
            _bucketEnd = new((now.Ticks / bucketTicks + 1) * bucketTicks);
        }
        else if (_count == 1)
            (_oldest, _first) = (Instant.Max(_oldest, now), _first + permits);
        else
        {
            ref var last = ref _rest![_count - 2];
            last = new(Instant.Max(last.Last, now), last.Permits + permits);
        }
    }

    /// <summary>Adds a log of later times.</summary>
    public void Append(in SpendLog later)
    {
        for (var i = 0; i < later._count; i++)
            Append(later.Entry(i));
        if (later._count > 0)
            _bucketEnd = later._bucketEnd;
    }

    public void Clear() => (_count, _rest) = (0, null);

    /// <summary>Forgets what was spent at or before a time.</summary>
    /// <returns>How many permits that were.</returns>
    public int DropUntil(Instant time)
    {
        var dropped = 0;
        while (_count > 0 && _oldest <= time)
        {
            dropped += _first;
            _count--;
            if (_count == 0)
                break;
            (_oldest, _first) = _rest![0];
            Array.Copy(_rest, 1, _rest, 0, _count - 1);
        }
        return dropped;
    }

    /// <summary>When the first so many permits had been spent; null if there are fewer.</summary>
    public readonly Instant? WhenSpent(int permits)
    {
        for (var i = 0; i < _count; i++)
        {
            var entry = Entry(i);
            permits -= entry.Permits;
            if (permits <= 0)
                return entry.Last;
        }
        return null;
    }

    public readonly int Sum()
    {
        var sum = 0;
        for (var i = 0; i < _count; i++)
            sum += Entry(i).Permits;
        return sum;
    }

    /// <summary>All entries, the oldest first, as an operation tells them.</summary>
    /// <param name="now">The time of the operation.</param>
    /// <param name="steps">How the clock was put forward since they were noted.</param>
    public readonly ImmutableArray<Spending> At(Instant now, ClockSteps steps)
    {
        var all = ImmutableArray.CreateBuilder<Spending>(_count);
        for (var i = 0; i < _count; i++)
        {
            var entry = Entry(i);
            all.Add(new(now - entry.Last - steps.Since(entry.Last), entry.Permits));
        }
        return all.MoveToImmutable();
    }

    private void Append(Bucket entry)
    {
        if (_count == 0)
            (_oldest, _first) = entry;
        else
        {
            _rest ??= new Bucket[2];
            if (_count > _rest.Length)
                Array.Resize(ref _rest, _rest.Length * 2);
            _rest[_count - 1] = entry;
        }
        _count++;
    }

    private readonly Bucket Entry(int place) => place == 0 ? new(_oldest, _first) : _rest![place - 1];
}
