// The headlines of the leadforge funnel in C++: one line for each metric, with its value and the bits of it.
// funnel.c, funnel.rs and funnel.py print the very same lines; `make test-funnel` compares them.
//
// Usage: funnel [FOLDER]

#include "ripplemark.hpp"

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>

static void print(const std::string &name, const ripplemark::Cell &cell)
{
    if (!cell.value) {
        std::printf("%s none\n", name.c_str());
        return;
    }
    std::uint64_t bits = 0;
    std::memcpy(&bits, &*cell.value, sizeof bits);
    std::printf("%s %.6f %016" PRIx64 "\n", name.c_str(), *cell.value, bits);
}

int main(int argc, char **argv)
try {
    const std::string folder = argc > 1 ? argv[1] : "examples/leadforge";
    ripplemark::Query query;
    query.saved = "headlines";
    const auto program = ripplemark::Program::compile_file(folder + "/funnel.yaml", query);

    ripplemark::Evaluation evaluation(program);
    for (const ripplemark::Table &table : program.tables()) {
        evaluation.feed_file(table.name, folder + "/data/" + table.name + ".parquet");
    }
    const ripplemark::Result result = evaluation.finish();

    for (const ripplemark::Cell &cell : result) {
        print(result.metrics()[cell.metric].name, cell);
    }
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
