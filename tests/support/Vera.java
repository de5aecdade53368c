import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.logging.LogManager;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;
import org.verapdf.pdfa.validation.profiles.Profiles;
import org.verapdf.pdfa.validation.profiles.ValidationProfile;

/**
 * Checks PDF files with veraPDF's engine. Reads lines "flavour TAB path" from standard input;
 * answers each with a line per broken rule and then "PASS" or "FAIL".
 */
public class Vera {
    static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);

    public static void main(String[] arguments) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            String[] parts = line.split("\t", 2);
            boolean passed;
            try {
                passed = check(parts[0], new File(parts[1]));
            } catch (Throwable error) {
                OUT.println("cannot be checked: " + oneLine(String.valueOf(error)));
                passed = false;
            }
            OUT.println(passed ? "PASS" : "FAIL");
        }
    }

    static boolean check(String name, File file) throws Exception {
        PDFAFlavour flavour = PDFAFlavour.fromString(name);
        try (PDFAParser parser = Foundries.defaultInstance().createParser(file, flavour);
                PDFAValidator validator =
                        Foundries.defaultInstance().createValidator(profile(name), false)) {
            ValidationResult result = validator.validate(parser);
            report(result);
            return result.isCompliant();
        }
    }

    static ValidationProfile profile(String name) throws Exception {
        String file = name.startsWith("ua")
                ? "PDFUA-" + name.substring(2)
                : "PDFA-" + name.toUpperCase();
        String path = "/org/verapdf/pdfa/validation/" + file + ".xml";
        return Profiles.profileFromXml(Vera.class.getResourceAsStream(path));
    }

    static void report(ValidationResult result) {
        Map<String, Integer> counts = new TreeMap<>();
        Map<String, String> messages = new TreeMap<>();
        for (TestAssertion one : result.getTestAssertions()) {
            if (one.getStatus() != TestAssertion.Status.FAILED) continue;
            String rule = one.getRuleId().getClause() + "-" + one.getRuleId().getTestNumber();
            counts.merge(rule, 1, Integer::sum);
            messages.putIfAbsent(
                    rule, oneLine(one.getMessage()) + " @ " + one.getLocation().getContext());
        }
        counts.forEach((rule, n) -> OUT.println(rule + " x" + n + ": " + messages.get(rule)));
    }

    static String oneLine(String text) {
        String line = text.replaceAll("\\s+", " ");
        return line.length() > 400 ? line.substring(0, 400) : line;
    }
}
