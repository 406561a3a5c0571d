using System.Net.Sockets;
using Azure.Core;
using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

/// <summary>What is made of answers, the service's and those of others.</summary>
public sealed class AnswerTests
{
    private const string ETag = "W/\"datetime'1'\"";
    private const string Row = $$"""{"odata.etag":"W/\"datetime'1'\"","PartitionKey":"p","RowKey":"r","Timestamp":"2026-02-27T09:30:00Z","v@odata.type":"Edm.Int64","v":"7"}""";

    private static readonly TableKey Key = new("p", "r");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_row_says_the_types_of_its_values()
    {
        var script = new Script(Script.Answer(200,
            """
            {"odata.metadata":"https://acme/$metadata#Quotas/@Element","odata.etag":"W/\"1\"","PartitionKey":"user:acme._alice","RowKey":"",
             "Timestamp":"2026-02-27T09:30:00Z","text":"7","flag":true,"d":0.5,"whole":7.0,"int":7,
             "t@odata.type":"Edm.DateTime","t":"2026-02-27T09:30:00.1234567Z","x@odata.type":"Edm.Binary","x":"AQ==",
             "id@odata.type":"Edm.Guid","id":"e0ad6362-9f5c-4ee7-8e68-4f6d5dbbaf36"}
            """));
        await using var store = script.Store();

        var row = (await store.GetAsync("Quotas", Key, Cancellation)).ShouldNotBeNull();

        (row.Key, row.ETag).ShouldBe((new("user:acme/alice", ""), "W/\"1\""));
        ((byte[])row.Values["x"]).ShouldBe([1]);
        row.Values.Where(column => column.Key != "x").ToDictionary().ShouldBe(new Dictionary<string, object>
        {
            ["text"] = "7",
            ["flag"] = true,
            ["d"] = 0.5,
            ["whole"] = 7.0,
            ["int"] = 7L,
            ["t"] = new DateTimeOffset(2026, 2, 27, 9, 30, 0, TimeSpan.Zero).AddTicks(1_234_567),
            ["id"] = "e0ad6362-9f5c-4ee7-8e68-4f6d5dbbaf36",
        }, ignoreOrder: true);
    }

    [Theory]
    [InlineData(200, "<html>Sign in to the network</html>")]
    [InlineData(200, "{}")]
    [InlineData(200, """{"value":[]}""")]
    [InlineData(200, Row)]
    [InlineData(202, "")]
    [InlineData(204, "")]
    [InlineData(302, "")]
    [InlineData(404, "<html>Not found</html>")]
    [InlineData(404, """{"odata.error":{"code":"ResourceNotFound","message":{"value":"A proxy's cache."}}}""")]
    [InlineData(409, "")]
    [InlineData(412, "<html>")]
    public async Task An_answer_of_somebody_else_is_an_error_whatever_it_says(int status, string body)
    {
        await Misunderstood(store => store.GetAsync("Quotas", Key, Cancellation));
        await Misunderstood(async store => await store.QueryAsync("Quotas", new(), Cancellation).ToListAsync(Cancellation));
        await Misunderstood(store => store.DeleteAsync("Quotas", Key, null, Cancellation));
        await Misunderstood(store => store.BatchAsync("Quotas", [Put("a", PutCondition.None), Put("b", PutCondition.IfAbsent)], Cancellation));
        foreach (var condition in (PutCondition[])[PutCondition.None, PutCondition.IfAbsent, PutCondition.IfMatch(ETag)])
            await Misunderstood(store => store.PutAsync("Quotas", Put("r", condition), Cancellation));

        async Task Misunderstood(Func<AzureTableStore, Task> call)
        {
            await using var store = new Script(Script.Foreign(status, body)).Store();
            (await Should.ThrowAsync<TableStoreException>(() => call(store))).Message.ShouldContain($"({status}) that is not its own");
        }
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("7")]
    [InlineData("""{"odata.etag":"1","PartitionKey":"p","RowKey":"r","v""")]
    [InlineData("""{"odata.etag":"1","PartitionKey":"a/b","RowKey":"r"}""")]
    [InlineData("""{"odata.etag":"1","PartitionKey":"p","RowKey":"r","v@odata.type":"Edm.Int64","v":"seven"}""")]
    public async Task An_answer_that_makes_no_sense_is_an_error(string body)
    {
        await using var store = new Script(Script.Answer(200, body)).Store();

        (await Should.ThrowAsync<TableStoreException>(() => store.GetAsync("Quotas", Key, Cancellation))).Message.ShouldContain("that is not its own");
    }

    [Fact]
    public async Task A_query_goes_on_where_a_page_says_even_where_it_is_empty()
    {
        var script = new Script(
            Script.Answer(200, $$"""{"value":[{{Row}}]}""", headers: [("x-ms-continuation-NextPartitionKey", "1!4!cA--"), ("x-ms-continuation-NextRowKey", "1!4!cg--")]),
            Script.Answer(200, """{"value":[]}""", headers: ("x-ms-continuation-NextPartitionKey", "1!8!cQ--")),
            Script.Answer(200, $$"""{"value":[{{Row.Replace("\"r\"", "\"s\"", StringComparison.Ordinal)}}]}"""));
        await using var store = script.Store();

        var rows = await store.QueryAsync("Quotas", new() { FromRow = "a/b" }, Cancellation).ToListAsync(Cancellation);

        rows.Select(row => row.Key.Row).ShouldBe(["r", "s"]);
        const string query = "/Quotas()?$format=application%2Fjson%3Bodata%3Dminimalmetadata&$filter=RowKey%20ge%20%27a._b%27";
        script.Asked.Select(asked => asked.Address).ShouldBe(
            [query, $"{query}&NextPartitionKey=1%214%21cA--&NextRowKey=1%214%21cg--", $"{query}&NextPartitionKey=1%218%21cQ--"]);
    }

    [Fact]
    public async Task A_missing_table_is_made_by_the_first_writer_and_then_written_to()
    {
        var script = new Script(Script.Error(404, "TableNotFound"), Script.Error(409, "TableAlreadyExists"), Script.Written(ETag));
        await using var store = script.Store();

        (await store.PutAsync("Quotas", Put("r", PutCondition.IfAbsent), Cancellation)).ShouldBe(ETag);

        script.Asked.Select(asked => $"{asked.Method} {asked.Address.Split('?')[0]}").ShouldBe(["POST /Quotas", "POST /Tables", "POST /Quotas"]);
    }

    [Fact]
    public async Task A_table_that_goes_missing_again_and_again_is_an_error()
    {
        var script = new Script(Script.Error(404, "TableNotFound"), Script.Answer(204), Script.Error(404, "TableNotFound"));
        await using var store = script.Store();

        await Should.ThrowAsync<TableStoreException>(() => store.PutAsync("Quotas", Put("r", PutCondition.None), Cancellation));
    }

    [Fact]
    public async Task A_table_is_not_made_for_a_row_that_has_to_be_there()
    {
        var script = new Script(Script.Error(404, "TableNotFound"));
        await using var store = script.Store();

        (await store.PutAsync("Quotas", Put("r", PutCondition.IfMatch(ETag)), Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData(403, "AuthenticationFailed", "does not accept the account key (AuthenticationFailed). Copy the connection string again", false)]
    [InlineData(403, "KeyBasedAuthenticationNotPermitted", "takes no account keys. Use Storage__TableServiceUri and a managed identity.", false)]
    [InlineData(409, "TableBeingDeleted", "is still deleting a table of this name. Wait a minute, then try again.", true)]
    [InlineData(413, "RequestBodyTooLarge", "found a write too large. Write less at once.", false)]
    [InlineData(400, "InvalidHeaderValue", "does not accept a header: Words. Update Azurite, if it is that.", false)]
    [InlineData(400, "InvalidInput", "answered 400 InvalidInput: Words. Try again; if it stays, report it.", false)]
    [InlineData(500, "InternalError", "answered 500 InternalError: Words. Try again; if it stays, report it.", true)]
    public async Task A_problem_is_told_with_its_remedy(int status, string code, string message, bool mayPass)
    {
        var script = new Script([.. Enumerable.Repeat(Script.Error(status, code), 4)]);

        await Told(script, Script.Account, $"The Azure Table Storage at https://acme.table.core.windows.net {message}", mayPass);
    }

    [Theory]
    [InlineData("AuthorizationPermissionMismatch", "does not let this identity use its tables (AuthorizationPermissionMismatch). Give it the role Storage Table Data Contributor (a fresh role assignment takes a minute", true)]
    [InlineData("InvalidAuthenticationInfo", "does not accept this identity's token (InvalidAuthenticationInfo).", false)]
    public async Task An_identitys_problem_is_told_with_its_remedy(string code, string message, bool mayPass)
    {
        var script = new Script(Script.Answer(403, "<m:error/>", "application/xml", ("x-ms-error-code", code)));

        await Told(script, StorageAccount.Of(StorageService.Tables, new("https://acme.table.core.windows.net"), new Token()), message, mayPass);
    }

    [Theory]
    [InlineData(HttpRequestError.NameResolutionError, SocketError.HostNotFound, "has a name that cannot be resolved. Correct the account's name")]
    [InlineData(HttpRequestError.SecureConnectionError, SocketError.Success, "offers no connection that can be trusted.")]
    [InlineData(HttpRequestError.ConnectionError, SocketError.ConnectionRefused, "cannot be connected to.")]
    [InlineData(HttpRequestError.ResponseEnded, SocketError.ConnectionReset, "broke the connection off.")]
    public async Task A_connections_problem_is_told_with_its_remedy(HttpRequestError error, SocketError socket, string message)
    {
        var exception = new HttpRequestException(error, "words", new SocketException((int)socket));

        await Told(new([.. Enumerable.Repeat(Script.Fail(exception), 4)]), Script.Account, message, mayPass: true);
    }

    private static TablePut Put(string row, PutCondition condition) =>
        new(new("p", row), new Dictionary<string, object> { ["v"] = 7L }, condition);

    private static async Task Told(Script script, StorageAccount account, string message, bool mayPass)
    {
        await using var store = script.Store(account);

        var problem = await Should.ThrowAsync<TableStoreException>(() => store.GetAsync("Quotas", Key, Cancellation));

        problem.Message.ShouldContain(message);
        problem.MayPass.ShouldBe(mayPass);
        problem.ToString().ShouldNotContain(Script.Key);
        problem.ToString().ShouldNotContain("SharedKeyLite ");
    }

    private sealed class Token : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new("token", TimeProvider.System.GetUtcNow().AddHours(1));

        public override ValueTask<AccessToken> GetTokenAsync(
            TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }
}
