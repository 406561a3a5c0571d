using FunctionsApi.Storage;

namespace FunctionsApi.Alerts.Webhooks;

/// <summary>A message as a row.</summary>
internal static class MessageRow
{
    public static Dictionary<string, object> Values(AlertMessage message)
    {
        var values = new Dictionary<string, object>
        {
            ["type"] = message.Type,
            ["body"] = message.Body,
            ["createdAt"] = message.CreatedAt,
            ["attempts"] = (long)message.Attempts,
        };
        if (message.DeliveredAt is { } delivered)
            values["deliveredAt"] = delivered;
        if (message.GivenUpAt is { } givenUp)
            values["givenUpAt"] = givenUp;
        if (message.Failure is { } failure)
            values["failure"] = failure;
        return values;
    }

    public static AlertMessage Read(TableRow row) => new(
        row.Key.Partition,
        row.Key.Row,
        (string)row.Values["type"],
        (string)row.Values["body"],
        (DateTimeOffset)row.Values["createdAt"])
    {
        Attempts = (int)(long)row.Values["attempts"],
        DeliveredAt = row.Values.GetValueOrDefault("deliveredAt") as DateTimeOffset?,
        GivenUpAt = row.Values.GetValueOrDefault("givenUpAt") as DateTimeOffset?,
        Failure = row.Values.GetValueOrDefault("failure") as string,
    };
}
