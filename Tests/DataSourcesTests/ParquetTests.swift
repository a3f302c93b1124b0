import DataSources
import Foundation
import Inference
import Testing

/// Files that other programs wrote; see Parquet/make.py.
@Suite("Parquet files")
struct ParquetTests {
  private static let isInstalled = ProcessInfo.processInfo.environment["SUFFICE_CARQUET"] != nil

  private func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Parquet/\(name)").path
  }

  @Test(.enabled(if: isInstalled, "SUFFICE_CARQUET does not name libcarquet.so"), arguments: ["pyarrow", "polars"])
  func table(_ writer: String) throws {
    for limit in [0, 1 << 20] {
      let table = try DataFile.read(path: path("\(writer).parquet"), options: CSVOptions(memoryLimit: limit))
      // The column of lists is left out.
      #expect(Set(table.columnNames) == ["x", "n", "yes", "city", "day", "single", "coded"])
      #expect(table.numbers("x") == [1.5, -2.25, nil, 4e10])
      #expect(table.numbers("n") == [1, 2, nil, 4])
      #expect(table.numbers("yes") == [1, 0, nil, 1])
      #expect(table.numbers("day") == [1, -1, nil, 10957])
      #expect(table.numbers("single") == [0.5, 1.5, 2.5, 3.5])
      #expect(table.labels("city") == ["Zürich", "Basel", nil, "Basel"])
      #expect(table.labels("coded") == ["b", "a", nil, "b"])
      #expect(table["x"]?.findings.missingCount == 1)
    }
    let some = try DataFile.read(
      path: path("\(writer).parquet"), options: CSVOptions(columns: ["n"], categorical: ["n"]))
    #expect(some.labels("n") == ["1", "2", nil, "4"])
  }

  @Test(.enabled(if: isInstalled, "SUFFICE_CARQUET does not name libcarquet.so"))
  func lists() throws {
    expectError(
      is: "\(path("pyarrow.parquet")): column \"list\" has the type +l; numbers, texts, dates and times can be read."
    ) { () throws(DataError) in
      _ = try DataFile.read(path: path("pyarrow.parquet"), options: CSVOptions(columns: ["list"]))
    }
  }

  @Test(.enabled(if: isInstalled, "SUFFICE_CARQUET does not name libcarquet.so"))
  func damagedFiles() throws {
    let folder = try TemporaryFolder()
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path("pyarrow.parquet"))))
    for count in [4, 100, bytes.count - 1] {
      let path = try folder.write(Array(bytes[..<count]), as: "a.parquet")
      do throws(DataError) {
        _ = try DataFile.read(path: path)
        Issue.record("\(count) bytes are enough")
      } catch {
        #expect(error.description.contains("a.parquet: the Parquet file cannot be read: "), "\(error)")
      }
    }
  }

  @Test(.enabled(if: !isInstalled, "SUFFICE_CARQUET names a library"))
  func withoutTheLibrary() {
    do throws(DataError) {
      _ = try DataFile.read(path: path("pyarrow.parquet"))
    } catch {
      #expect(error.description.contains("pip install carquet"))
    }
  }
}
