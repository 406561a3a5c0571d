using FunctionsApi.Storage.Sqlite;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Sqlite;

public sealed class SqliteSchemaTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_database_of_another_program_is_refused_and_left_alone()
    {
        RawSql.Execute(_directory.Database, "CREATE TABLE customers (name TEXT)");

        await OpeningFails("is the database of another program. Choose another path.");

        RawSql.Execute(_directory.Database, "INSERT INTO customers VALUES ('still there')");
    }

    [Fact]
    public async Task A_file_of_a_newer_version_is_refused()
    {
        await (await SqliteTableStore.OpenAsync(_directory.Database, Cancellation)).DisposeAsync();
        RawSql.Execute(_directory.Database, "PRAGMA user_version = 7");

        await OpeningFails("is of version 7, newer than this program, which knows versions up to 2. Run the newer program, "
            + "or choose another path.");
    }

    [Fact]
    public async Task A_file_of_an_older_version_is_migrated_and_keeps_its_rows()
    {
        await using (var store = await SqliteTableStore.OpenAsync(_directory.Database, Cancellation))
            await store.PutAsync("rows", Rows.Of("p", "r", 1L), Cancellation);

        using (var connection = new SqliteFile(_directory.Database, TimeSpan.Zero).Connect())
            SqliteSchema.Migrate(connection, [.. SqliteSchema.Migrations, "CREATE TABLE made_up (x)"]);

        RawSql.Read(_directory.Database, "SELECT COUNT(*) FROM made_up").ShouldBe(0L);
        RawSql.Read(_directory.Database, "SELECT COUNT(*) FROM rows").ShouldBe(1L);
        RawSql.Read(_directory.Database, "PRAGMA user_version").ShouldBe(3L);
    }

    [Fact]
    public async Task A_migration_that_fails_leaves_the_file_as_it_was()
    {
        await (await SqliteTableStore.OpenAsync(_directory.Database, Cancellation)).DisposeAsync();

        using (var connection = new SqliteFile(_directory.Database, TimeSpan.Zero).Connect())
        {
            string[] migrations = [.. SqliteSchema.Migrations, "CREATE TABLE made_up (x)", "nonsense"];
            Should.Throw<SqliteException>(() => SqliteSchema.Migrate(connection, migrations));
        }

        RawSql.Read(_directory.Database, "PRAGMA user_version").ShouldBe(2L);
        RawSql.Read(_directory.Database, "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'made_up'").ShouldBe(0L);
    }

    private async Task OpeningFails(string message)
    {
        var problem = await Should.ThrowAsync<TableStoreException>(() => SqliteTableStore.OpenAsync(_directory.Database, Cancellation));
        problem.Message.ShouldBe($"'{_directory.Database}' {message}");
    }
}
