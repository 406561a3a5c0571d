using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;

namespace FunctionsApi.Api;

/// <summary>The parts of the quota headers that are the same for all decisions on one charge.</summary>
internal sealed class ChargeFields
{
    // r and t: a separator, two names of three characters, an int and a long.
    private const int MaxFigures = 2 + 3 + 11 + 3 + 20;

    private readonly int _maxLength;

    public ChargeFields(Charge charge)
    {
        Limits = new string[charge.Items.Length];
        var items = new List<Item>(charge.Items.Length);
        for (var place = 0; place < Limits.Length; place++)
        {
            var policy = charge.PolicyOf(place);
            Limits[place] = policy.Limit.ToString();
            if (!policy.Shadow)
                items.Add(new(place, $"\"{policy.Name}\"", policy));
        }

        Items = [.. items];
        Policy = string.Join(", ", Items.Select(item => item.Name + Parameters(item.Policy)));
        _maxLength = Items.Sum(item => item.Name.Length + MaxFigures);
    }

    /// <summary>The value of X-RateLimit-Limit, by the place of the policy that binds.</summary>
    public string[] Limits { get; }

    public Item[] Items { get; }

    /// <summary>The value of RateLimit-Policy.</summary>
    public string Policy { get; }

    /// <summary>The value of RateLimit.</summary>
    public string Format(in Decision decision)
    {
        var text = _maxLength <= 1024 ? stackalloc char[_maxLength] : new char[_maxLength];
        var length = 0;
        foreach (var item in Items)
        {
            if (length > 0)
                Append(text, ref length, ", ");
            Append(text, ref length, item.Name);
            Append(text, ref length, ";r=");
            Append(text, ref length, decision[item.Place].Remaining);
            if (item.Policy.Algorithm == Algorithm.Concurrency)
                continue;
            Append(text, ref length, ";t=");
            Append(text, ref length, SecondsToReset(decision, item.Place));
        }

        return new(text[..length]);
    }

    private static string Parameters(Policy policy) => policy.Algorithm == Algorithm.Concurrency
        ? $";q={policy.Limit};qu=\"concurrent-requests\""
        : $";q={policy.Limit};w={(long)policy.Window.TotalSeconds}{(policy.CountsCredits ? ";qu=\"credits\"" : "")}";

    // The policy that refused must not promise another time than Retry-After does.
    private static long SecondsToReset(in Decision decision, int place) =>
        decision.Outcome == Outcome.Refused && place == decision.Binding
            ? decision.RetryAfterSeconds
            : Math.Max(0, (long)Math.Ceiling((decision[place].Reset - decision.At).TotalSeconds));

    private static void Append(Span<char> text, ref int length, string part)
    {
        part.CopyTo(text[length..]);
        length += part.Length;
    }

    private static void Append(Span<char> text, ref int length, long number)
    {
        number.TryFormat(text[length..], out var written);
        length += written;
    }

    /// <param name="Place">In the charge's items.</param>
    /// <param name="Name">As a structured field string, quoted.</param>
    /// <param name="Policy">The policy.</param>
    internal sealed record Item(int Place, string Name, Policy Policy);
}
