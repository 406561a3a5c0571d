// Publishes the program for Azure and zips it:
//
//     dotnet run infra/hooks/Package.cs
//     dotnet run infra/hooks/Package.cs <folder> <zip>     only zips
//
// azd's own zip keeps no file modes, and so does one made on Windows; without its mode the program cannot be started on Linux.

#:property PublishAot=false

using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;

const string Project = "src/FunctionsApi";
const string Root = "artifacts/app";
// Published to bin, what is above it is made an app root; docs/hosting.md says why.
const string Bin = $"{Root}/bin";
const string Package = "artifacts/functionsapi.zip";
const string Executable = "bin/FunctionsApi";

if (args is [var folder, var zip])
    return Pack(folder, zip);

if (Directory.Exists(Root))
    Directory.Delete(Root, recursive: true);
return Publish() is not 0 and var failure ? failure : Pack(Root, Package);

static int Publish()
{
    using var dotnet = Process.Start(
        "dotnet", ["publish", Project, "-c", "Release", "-r", "linux-x64", "--self-contained", "-o", Bin]);
    dotnet.WaitForExit();
    return dotnet.ExitCode;
}

static int Pack(string folder, string zip)
{
    File.Delete(zip);
    using (var archive = ZipFile.Open(zip, ZipArchiveMode.Create))
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var name = Path.GetRelativePath(folder, file).Replace('\\', '/');
            archive.CreateEntryFromFile(file, name).ExternalAttributes = UnixMode(name == Executable);
        }

    var bytes = File.ReadAllBytes(zip);
    MarkAsMadeOnUnix(bytes);
    File.WriteAllBytes(zip, bytes);
    Console.WriteLine($"{zip}: {bytes.Length / 1_000_000.0:0.0} MB");
    return 0;
}

// -rwxr-xr-x or -rw-r--r--, in the upper half.
static int UnixMode(bool executable) => (executable ? 0x81ED : 0x81A4) << 16;

// Modes count only where the entry says that it was made on Unix: the byte at 5 of its header in the central directory, whose
// place and number of entries stand in the last 22 bytes of the file. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
static void MarkAsMadeOnUnix(Span<byte> zip)
{
    const byte Unix = 3;
    var end = zip[^22..];
    var header = zip[BinaryPrimitives.ReadInt32LittleEndian(end[16..])..];
    for (var left = BinaryPrimitives.ReadUInt16LittleEndian(end[10..]); left > 0; left--)
    {
        header[5] = Unix;
        var variable = header[28..];
        header = header[(46 + Length(variable) + Length(variable[2..]) + Length(variable[4..]))..];
    }

    static int Length(Span<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);
}
