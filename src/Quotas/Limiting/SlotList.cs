namespace FunctionsApi.Quotas.Limiting;

/// <summary>
/// A partition's slots, by their policy's place in its set; null where a policy was not asked for yet. The first needs no
/// array, since a partition of the inference API has but one, and there are millions.
/// </summary>
internal struct SlotList
{
    private PolicySlot? _first;
    private PolicySlot?[]? _rest;

    /// <summary>One more than the highest place that may hold a slot.</summary>
    public readonly int Count => 1 + (_rest?.Length ?? 0);

    public readonly PolicySlot? this[int place] =>
        place == 0 ? _first : _rest is { } rest && place <= rest.Length ? rest[place - 1] : null;

    public void Set(int place, PolicySlot slot)
    {
        if (place == 0)
        {
            _first = slot;
            return;
        }
        if (_rest is null || place > _rest.Length)
            Array.Resize(ref _rest, place);
        _rest[place - 1] = slot;
    }
}
