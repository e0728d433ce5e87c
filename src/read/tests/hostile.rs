//! Files that are damaged, random, or as odd as a writer can make them: reading always ends, and never by a panic.

use super::*;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is done to a file, reading it ends, with rows or with an error.
    #[test]
    fn damaged_parquet(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..6),
        from_end in any::<bool>(),
    ) {
        let directory = TempDir::new().unwrap();
        let mut bytes = parquet_bytes(&frame(200), groups_of(64));
        for (at, change) in flips {
            // The footer is small and the decoder trusts it most.
            let at = if from_end { bytes.len() - 1 - at.index(bytes.len().min(600)) } else { at.index(bytes.len()) };
            bytes[at] ^= change;
        }
        let path = file(&directory, "damaged.parquet", bytes);
        let needs = table(&[("Region", LogicalType::Category), ("At", LogicalType::Timestamp)]);
        for options in [ReadOptions::default(), ReadOptions::for_table(&needs)] {
            if let Ok((schema, batches)) = read(&path, &options)
                && let Ok(binder) = Binder::new(&needs, &schema)
            {
                for batch in &batches {
                    let _ = binder.bind(batch).map(|bound| bound.columns().len());
                }
            }
        }
    }

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400), magic in any::<bool>()) {
        let directory = TempDir::new().unwrap();
        let wrapped = if magic { [b"PAR1", &bytes[..], b"PAR1"].concat() } else { bytes };
        for name in ["random.parquet", "random.csv"] {
            let result = read(&file(&directory, name, &wrapped), &ReadOptions::default());
            prop_assert!(!(magic && result.is_ok()), "random bytes are no Parquet file");
        }
    }

    #[test]
    fn random_csv(text in "[a\",;\r\n\u{feff} é]{0,60}") {
        let _ = csv(&text);
    }

    /// What a careful writer writes is read back, whatever the values.
    #[test]
    fn written_csv_is_read_back(
        rows in prop::collection::vec(prop::collection::vec("[a\",\r\n é]{0,6}", 3), 0..8),
    ) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["a", "b", "c"]).unwrap();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let read = csv(writer.into_inner().unwrap()).unwrap();
        let expected: Vec<_> =
            rows.iter().map(|row| fields(&row.iter().map(String::as_str).collect::<Vec<_>>())).collect();
        prop_assert_eq!(read, expected);
    }
}
