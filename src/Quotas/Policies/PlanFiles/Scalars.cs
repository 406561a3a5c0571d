using System.Globalization;

namespace FunctionsApi.Quotas.Policies.PlanFiles;

/// <summary>Reads numbers, flags and names. Each answers null where it reported an error.</summary>
internal static class Scalars
{
    private const int MaxNameLength = 64;

    public static int? WholeNumber(JsonPart part, int least, int most, string orElse, PlanErrors errors)
    {
        var problem = part is JsonNumberPart number ? ProblemOf(number.Digits, least, most) : $"{part.Kind} stands here";
        if (problem is null)
            return int.Parse(((JsonNumberPart)part).Digits, CultureInfo.InvariantCulture);

        errors.Add(part, problem, $"Write a whole number from {least} to {most}{orElse}.");
        return null;
    }

    public static bool? Flag(JsonPart part, PlanErrors errors)
    {
        if (part is JsonFlagPart flag)
            return flag.Value;

        errors.Add(part, $"{part.Kind} stands here", "Write true or false.");
        return null;
    }

    public static string? Text(JsonPart part, string example, PlanErrors errors)
    {
        if (part is JsonTextPart text)
            return text.Text;

        errors.Add(part, $"{part.Kind} stands here", $"Write text, for example {example}.");
        return null;
    }

    /// <summary>What keeps a text from being the name of a plan or policy, or null.</summary>
    public static string? ProblemOfName(string name) =>
        name.Length is > 0 and <= MaxNameLength
        && name.Split('-').All(word => word.Length > 0 && word.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)))
            ? null
            : $"{Wording.Quoted(name)} is not a name";

    /// <summary>What to do about <see cref="ProblemOfName"/>.</summary>
    public static string NameRemedy(string example) =>
        $"Write lower-case letters and digits, words joined by hyphens, at most {MaxNameLength} in all: \"{example}\".";

    private static string? ProblemOf(string digits, int least, int most)
    {
        if (digits.AsSpan().ContainsAny('.', 'e', 'E'))
            return $"{Wording.Shown(digits)} is not written as a whole number";
        if (digits[0] == '-' || (long.TryParse(digits, CultureInfo.InvariantCulture, out var number) && number < least))
            return $"{Wording.Shown(digits)} is below {least}";
        return long.TryParse(digits, CultureInfo.InvariantCulture, out number) && number <= most
            ? null
            : $"{Wording.Shown(digits)} is above {most}";
    }
}
